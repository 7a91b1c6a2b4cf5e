import { dockerHub, type Facts, placeText, refuse } from './facts.ts';
import { certificateFiles, dockerKey, helperNote, jsonFile, noParts, type Parts, reachableAsItIs, remarkOnTls } from './parts.ts';

const daemonConfig = '/etc/docker/daemon.json';

/**
 * The Docker daemon and the `docker` command. The daemon reads `certs.d` at every pull (docs.docker.com, "Verify repository client
 * with certificates"), knows one list for everything insecure, and mirrors Docker Hub only, at the root of a host.
 */
export function renderDocker(facts: Facts): Parts {
  const parts = noParts();
  const { host } = facts.prefix;
  const isHub = host === dockerHub;
  const mirrors = mirrorUrls(facts);
  const insecure = facts.tls === 'insecure' || facts.tls === 'plain';
  const folders = new Set([...(isHub ? [] : [host]), ...(facts.mirrorOf ? [facts.host] : [])]);

  for (const folder of folders) parts.files.push(...certificateFiles(`/etc/docker/certs.d/${folder}`, facts));
  if (isHub && facts.ca !== undefined) trustBySystem(facts, parts);
  if (insecure || mirrors.length > 0) {
    const daemon = {
      ...(insecure && { 'insecure-registries': [...folders] }),
      ...(mirrors.length > 0 && { 'registry-mirrors': mirrors }),
    };
    parts.files.push(jsonFile(daemonConfig, daemon));
    parts.commands.push(
      { description: 'Check the file (Docker 23 and newer)', command: `dockerd --validate --config-file=${daemonConfig}` },
      { description: 'Have the daemon read it', command: 'sudo systemctl reload docker' },
    );
  }
  if (facts.helper) parts.files.push(jsonFile('~/.docker/config.json', { credHelpers: { [dockerKey(host)]: 'tagboat' } }, helperNote));

  parts.notes.push(...remarkOnTls(facts, 'Docker'));
  if (insecure) parts.notes.push('Docker has one list for both: it tries HTTPS without checking the certificate, then plain HTTP.');
  if (facts.alias) {
    parts.notes.push(
      `Docker cannot be told that ${host} is answered by ${facts.host}: ${host} itself has to lead there, or references have to name ${facts.host}.`,
    );
  }
  if (mirrors.length > 0) parts.notes.push('Docker does not sign in at a mirror: it has to let everybody pull.');
  if (!reachableAsItIs(facts) || mirrors.length > 0) {
    parts.notes.push(
      'Rootless Docker: ~/.config/docker/certs.d and ~/.config/docker/daemon.json. Docker Desktop: ~/.docker/certs.d, and Settings → Docker Engine. Builders of docker buildx outside the daemon have a configuration of their own: see BuildKit.',
    );
  }
  if (facts.proxy !== undefined) {
    parts.notes.push(
      `${facts.name} is reached through the proxy ${facts.proxy}. Docker takes one for everything: "proxies" in ${daemonConfig} (Docker 23 and newer), or HTTPS_PROXY and NO_PROXY in a drop-in of docker.service.`,
    );
  }
  return parts;
}

/** For Docker Hub itself the daemon goes by the system's authorities, and looks into no folder of `certs.d`. */
function trustBySystem(facts: Facts, parts: Parts): void {
  const path = `/usr/local/share/ca-certificates/tagboat-${facts.slug}.crt`;
  parts.files.push({ path, mode: '0644', content: facts.ca ?? '', format: 'pem', action: 'create' });
  parts.commands.push(
    { description: 'Trust the authority on this machine (Debian, Ubuntu)', command: 'sudo update-ca-certificates' },
    { description: 'Have the daemon read it', command: 'sudo systemctl restart docker' },
  );
  parts.notes.push('Docker checks Docker Hub against the authorities of the system only.');
}

function mirrorUrls(facts: Facts): string[] {
  const { mirrorOf, mirrors, prefix } = facts;
  const urls: string[] = [];
  if (mirrorOf) {
    if (placeText(mirrorOf) !== dockerHub) {
      refuse('mirrorOf', 'Docker mirrors Docker Hub (docker.io) only. containerd, BuildKit and Podman can mirror other registries.');
    }
    if (facts.mirrorPath !== '') {
      refuse(
        'mirrorOf',
        `Docker takes no mirror below a path, and the images are in ${facts.mirrorPath} here. containerd, BuildKit and Podman can do that.`,
      );
    }
    urls.push(facts.server);
  }
  if (mirrors.length === 0) return urls;
  if (prefix.host !== dockerHub) refuse('mirrors', 'Docker has mirrors of Docker Hub (docker.io) only.');
  const below = mirrors.find(({ path }) => path !== '');
  if (below) refuse('mirrors', `Docker takes no mirror below a path (${placeText(below)}).`);
  return [...urls, ...mirrors.map(({ host }) => `https://${host}`)];
}
