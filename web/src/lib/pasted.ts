/**
 * Whether pasted text is more than the value of one field: a `docker login` line, a Docker configuration or a JSON key, out of
 * which several fields can be filled.
 */
export function isBundle(text: string): boolean {
  const trimmed = text.trim();
  if (/^(?:\$\s*)?(?:sudo\s+)?(?:docker|podman|nerdctl|skopeo|crane|oras|buildah|helm registry)\s+(?:auth\s+)?login\b/i.test(trimmed))
    return true;
  if (/\|\s*(?:docker|podman|nerdctl|helm registry)\s+login\b/i.test(trimmed)) return true;
  return trimmed.startsWith('{') && /"(?:auths|private_key|credHelpers|robot|token)"\s*:/.test(trimmed);
}
