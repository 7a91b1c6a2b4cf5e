import { candidateOf, readAuth } from '../docker-auths.ts';
import { type Candidate, type Findings, isMapValue } from '../candidate.ts';
import { readDocument } from '../documents.ts';
import { Entry } from '../entry.ts';
import type { ImportDocument } from '../types.ts';
import { withoutUserinfo } from '../userinfo.ts';

/** Settings of the program `docker` that say nothing of registries. */
const ownSettings = [
  'HttpHeaders',
  'psFormat',
  'imagesFormat',
  'detachKeys',
  'currentContext',
  'plugins',
  'aliases',
  'features',
  'experimental',
  'cliPluginsExtraDirs',
  'stackOrchestrator',
  'kubernetes',
  'pruneFilters',
  'nodesFormat',
  'servicesFormat',
  'tasksFormat',
  'secretFormat',
  'configFormat',
  'statsFormat',
  'pluginsFormat',
  'networksFormat',
  'volumesFormat',
  'serviceInspectFormat',
  'configFile',
  'hooks',
];

/** Reads Docker's `config.json`, the older `.dockercfg`, and podman's `auth.json`. */
export function readDockerConfig(documents: readonly ImportDocument[]): Findings {
  const findings: Findings = { candidates: [], notes: [] };
  documents.forEach((document, index) => {
    const { name, values } = readDocument(document, index, documents.length);
    for (const value of values) {
      if (isMapValue(value)) readConfig(new Entry(value, '', findings.notes), name, findings);
      else findings.notes.push({ level: 'warning', key: name, message: 'This is no configuration of Docker: it has to be a map.' });
    }
  });
  return findings;
}

/** @param place name of the document, for messages; empty where there is one only */
export function readConfig(root: Entry, place: string, findings: Findings): void {
  const at = (path: string): string => withoutUserinfo(place === '' ? path : `${place}, ${path}`).slice(0, 500);
  const isOld = !['auths', 'credHelpers', 'credsStore'].some((key) => root.has(key)) && root.keys().every((key) => /[.:]/.test(key));
  const auths = isOld ? root : root.map('auths');
  const store = isOld ? undefined : root.text('credsStore');
  const helpers = isOld ? undefined : root.map('credHelpers');
  const helperOf = new Map(
    (helpers?.keys() ?? []).flatMap((key) => {
      const helper = helpers?.text(key);
      return helper === undefined ? [] : [[key, helper] as const];
    }),
  );
  for (const key of auths?.keys() ?? []) {
    const notes: Candidate['notes'] = [];
    const from = at(isOld ? key : `auths[${key}]`);
    const candidate = candidateOf(key, from, notes);
    const map = auths?.map(key);
    if (!candidate || !map) {
      if (!candidate)
        findings.notes.push({ level: 'info', key: from, message: 'Docker Desktop keeps its own sign-in here; it is no registry.' });
      continue;
    }
    // A helper of the same registry goes before what is written here.
    if (helperOf.has(key)) continue;
    const credential = readAuth(map.withNotes(notes));
    if (credential) candidate.credential = credential;
    else if (store !== undefined) useHelper(candidate, store);
    else notes.push({ level: 'warning', key: from, message: 'There is no credential here: it is taken without sign-in.' });
    findings.candidates.push(candidate);
  }
  for (const [key, helper] of helperOf) {
    const candidate = candidateOf(key, at(`credHelpers[${key}]`), []);
    if (!candidate) continue;
    useHelper(candidate, helper);
    findings.candidates.push(candidate);
  }
  if (isOld) return;
  if (store !== undefined && (auths?.keys().length ?? 0) === 0) {
    root.note(
      'warning',
      'credsStore',
      `What docker-credential-${printableWord(store)} stores is not listed here: registries that only it knows are not in the plan.`,
    );
  }
  root.leaveOut('A setting of the program docker, not of a registry. It is left out.', ...ownSettings);
  root.leaveOut('Proxies are a setting of each registry here: enter them after the import.', 'proxies');
  root.finish();
}

const printableWord = (text: string): string => text.replace(/[^A-Za-z0-9._-]/g, '?').slice(0, 60);

/** The credential stays with the helper, which the hub would ask as Docker does. */
function useHelper(candidate: Candidate, helper: string): void {
  const program = `docker-credential-${printableWord(helper)}`;
  candidate.credential = { kind: 'source', source: 'docker-config:' };
  candidate.notes.push({
    level: 'warning',
    key: candidate.from,
    message: `The credential is with ${program}. The hub asks it by its own Docker configuration: install the program where the hub runs and give the hub this configuration, or enter the credential.`,
  });
}
