import type { Api, Routes } from '../api.ts';
import type { Services } from '../services.ts';
import { alertRoutes } from './alerts.ts';
import { catalogRoutes } from './catalog.ts';
import { clientConfigRoutes } from './client-config.ts';
import { copyRoutes } from './copies.ts';
import { credentialRoutes } from './credential.ts';
import { deletionRoutes } from './deletions.ts';
import { doctorRoutes } from './doctor.ts';
import { handoutRoutes } from './handout.ts';
import { hubRoutes } from './hub.ts';
import { importRoutes } from './import.ts';
import { projectRoutes } from './projects.ts';
import { providerRoutes } from './providers.ts';
import { registryRoutes } from './registries.ts';
import { repositoryCreateRoutes } from './repository-create.ts';
import { sessionRoutes } from './session.ts';
import { setupRoutes } from './setup.ts';
import { syncRoutes } from './sync.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

const resources: readonly Routes[] = [
  registryRoutes,
  doctorRoutes,
  credentialRoutes,
  alertRoutes,
  handoutRoutes,
  catalogRoutes,
  repositoryCreateRoutes,
  deletionRoutes,
  clientConfigRoutes,
  providerRoutes,
  importRoutes,
  copyRoutes,
  syncRoutes,
  projectRoutes,
  userRoutes,
  tokenRoutes,
  setupRoutes,
  sessionRoutes,
  hubRoutes,
];

/** All resources of `/api/v1`. A new resource is one file in this folder and one line above. */
export function registerResources(api: Api, services: Services): void {
  for (const register of resources) register(api, services);
}
