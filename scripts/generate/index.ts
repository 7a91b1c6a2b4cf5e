import { renderCliReference } from '../../src/cli/docs.ts';
import { providerPages } from '../../src/provider/docs.ts';
import { apiPage } from './api-page.ts';
import { configurationPage } from './configuration-page.ts';
import { errorsPage } from './errors-page.ts';
import { openApi } from './open-api.ts';
import { sdk } from './sdk.ts';

export interface GeneratedFile {
  /** Relative to the repository. */
  path: string;
  text: string;
}

/** Makes files from the code; `root` is the repository's folder, for generators that replace a part of a page kept by hand. */
export type Generator = (root: string) => Promise<GeneratedFile[]>;

/** A new kind of generated file is one file in this folder and one line here. */
export const generators: readonly Generator[] = [openApi, sdk, apiPage, configurationPage, errorsPage, cliPage, providerPages];

async function cliPage(): Promise<GeneratedFile[]> {
  return [{ path: 'docs/reference/cli.md', text: await renderCliReference() }];
}
