import { expect, it } from 'vitest';
import { pullLines } from './pull-lines.ts';

const digest = `sha256:${'a'.repeat(64)}`;

it('names content by digest, in the familiar form where the tool knows it', () => {
  expect(pullLines({ registry: 'docker.io', repository: 'library/alpine', digest: digest as never }, 'image')).toEqual({
    docker: `docker pull alpine@${digest}`,
    podman: `podman pull docker.io/library/alpine@${digest}`,
    kubernetes: `image: docker.io/library/alpine@${digest}`,
    dockerfile: `FROM alpine@${digest}`,
  });
});

it('fetches charts with helm, whose plus signs are underscores in tags', () => {
  const lines = pullLines(
    { registry: 'r.example:5000', repository: 'charts/shop', digest: digest as never },
    'helm-chart',
    '1.0.0_build.1',
  );
  expect(lines.helm).toBe('helm pull oci://r.example:5000/charts/shop --version 1.0.0+build.1');
});
