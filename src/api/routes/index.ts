import type { Api, Routes } from '../api.ts';
import type { Services } from '../services.ts';
import { catalogRoutes } from './catalog.ts';
import { doctorRoutes } from './doctor.ts';
import { hubRoutes } from './hub.ts';
import { projectRoutes } from './projects.ts';
import { providerRoutes } from './providers.ts';
import { registryRoutes } from './registries.ts';
import { sessionRoutes } from './session.ts';
import { setupRoutes } from './setup.ts';
import { tokenRoutes } from './tokens.ts';
import { userRoutes } from './users.ts';

const resources: readonly Routes[] = [
  registryRoutes,
  doctorRoutes,
  catalogRoutes,
  providerRoutes,
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
