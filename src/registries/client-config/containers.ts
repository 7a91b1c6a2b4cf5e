import { type Facts, type Place, placeText } from './facts.ts';
import { certificateFiles, helperNote, jsonFile, noParts, type Parts, remarkOnTls, tomlFile } from './parts.ts';
import { encodeToml, type TomlTable } from './toml.ts';
import { type ClientId, clientTitles } from './types.ts';

/**
 * Podman, skopeo, Buildah and CRI-O, which share containers/image: `certs.d` (containers-certs.d(5)), drop-ins of `registries.conf`
 * (containers-registries.conf(5)) and `auth.json` (containers-auth.json(5)).
 */
export function renderContainers(facts: Facts, client: ClientId): Parts {
  const parts = noParts();
  const title = clientTitles[client];
  const isCrio = client === 'cri-o';
  parts.files.push(
    ...certificateFiles(`/etc/containers/certs.d/${facts.host === 'registry-1.docker.io' ? facts.prefix.host : facts.host}`, facts),
  );
  const registry = entries(facts);
  if (registry.length > 0) {
    parts.files.push(tomlFile(`/etc/containers/registries.conf.d/050-tagboat-${facts.slug}.conf`, facts, { registry }));
    parts.notes.push('Of two files with an entry of the same prefix the later one, by file name, replaces the other’s entry as a whole.');
    if (isCrio) parts.commands.push({ description: 'Have CRI-O read it', command: 'sudo systemctl reload crio' });
  }
  if (facts.helper && !isCrio) {
    parts.files.push(
      jsonFile(
        '~/.config/containers/auth.json',
        { credHelpers: { [facts.prefix.host]: 'tagboat' } },
        `${helperNote} What \`podman login\` stored for this session comes before it.`,
      ),
    );
  }
  if (isCrio) parts.notes.push(...crioNotes(facts));
  parts.notes.push(...remarkOnTls(facts, title));
  if (!isCrio && parts.files.length > 0) {
    parts.notes.push('Without root: ~/.config/containers/certs.d and ~/.config/containers/registries.conf.d do for one person.');
  }
  if (facts.proxy !== undefined) {
    const place = isCrio ? 'HTTPS_PROXY and NO_PROXY in a drop-in of crio.service' : 'HTTPS_PROXY and NO_PROXY in the environment';
    parts.notes.push(`${facts.name} is reached through the proxy ${facts.proxy}. ${title} takes one for everything: ${place}.`);
  }
  return parts;
}

function entries(facts: Facts): TomlTable[] {
  const { mirrorOf, mirrors, prefix } = facts;
  const insecure = facts.tls === 'insecure' || facts.tls === 'plain';
  const found: TomlTable[] = [];
  if (insecure || facts.alias || mirrors.length > 0) {
    found.push({
      prefix: placeText(prefix),
      location: placeText(facts.alias ? { host: facts.host, path: prefix.path } : prefix),
      ...(insecure && { insecure: true }),
      ...(mirrors.length > 0 && { mirror: mirrors.map((mirror) => ({ location: placeText(mirror) })) }),
    });
  }
  if (mirrorOf) {
    const here: Place = { host: facts.host, path: facts.mirrorPath };
    found.push({
      prefix: placeText(mirrorOf),
      location: placeText(mirrorOf),
      mirror: [{ location: placeText(here), ...(insecure && { insecure: true }) }],
    });
  }
  return found;
}

function crioNotes(facts: Facts): string[] {
  const notes = [
    'Kubernetes: these files belong on every node; on OpenShift a MachineConfig or image.config.openshift.io puts them there.',
  ];
  if (facts.helper) {
    const path = '/etc/crio/tagboat-auth.json';
    const dropIn = encodeToml({ crio: { image: { global_auth_file: path } } }).trim();
    notes.push(
      `CRI-O pulls with what the kubelet gives it (tagboat-kubelet-credential-provider, or pull secrets by \`tagboat secret render\`). For pulls without: a file /etc/crio/crio.conf.d/50-tagboat-auth.conf with\n${dropIn}\nand at that path the .dockerconfigjson of a pull secret, mode 0600. It is the same for every pod of the node.`,
    );
  }
  return notes;
}
