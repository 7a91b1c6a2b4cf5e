import type { ProviderSet } from '../provider/index.ts';
import type { Registry } from '../registries/index.ts';
import type { Exported, ExportFormat } from './types.ts';
import { writeArgocd } from './writers/argocd.ts';
import { writeDockerConfig } from './writers/docker-config.ts';
import { writeOwn } from './writers/own.ts';
import { writeRegsync } from './writers/regsync.ts';

export interface ExportContext {
  providers: ProviderSet;
  /** Project id → name. */
  projectNames: ReadonlyMap<string, string>;
}

const forms: Readonly<Record<ExportFormat, { fileName: string; mediaType: string; write: typeof writeOwn }>> = {
  tagboat: { fileName: 'tagboat.yaml', mediaType: 'application/yaml', write: writeOwn },
  'argocd-image-updater': { fileName: 'registries.conf', mediaType: 'application/yaml', write: writeArgocd },
  regsync: { fileName: 'regsync.yml', mediaType: 'application/yaml', write: writeRegsync },
  'docker-config': { fileName: 'config.json', mediaType: 'application/json', write: writeDockerConfig },
};

/** Registries as a file of that form, by name; without secrets, and the same for the same registries. */
export function exportRegistries(format: ExportFormat, registries: readonly Registry[], context: ExportContext): Exported {
  const { fileName, mediaType, write } = forms[format];
  const byName = (registry: Registry) => registry.name.toLowerCase();
  const ordered = registries.toSorted((a, b) => (byName(a) < byName(b) ? -1 : 1));
  return { format, fileName, mediaType, content: write(ordered, context) };
}
