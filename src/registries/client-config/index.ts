/** What clients of a registry (Docker, containerd, BuildKit, Podman, CRI-O, skopeo, Buildah) need to reach it, as files. */
export { renderClientConfig } from './render.ts';
export { readClientConfig } from './service.ts';
export * from './types.ts';
