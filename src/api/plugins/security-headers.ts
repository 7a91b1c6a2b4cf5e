import helmet from '@fastify/helmet';
import type { Api } from '../api.ts';

/** Content security policy of the web page and of the API: everything from here, scripts never inline. */
export const contentSecurityPolicy = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  scriptSrcAttr: ["'none'"],
  // The component library writes its colour scheme and sizes into style elements and attributes.
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  // Would turn every request into https, on a hub that may well be reached over plain HTTP.
  upgradeInsecureRequests: null,
};

/** Headers that keep browsers from doing what nobody asked for. HSTS only where people come over https. */
export async function securityHeaders(app: Api, options: { https: boolean }): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: contentSecurityPolicy },
    hsts: options.https ? { maxAge: 15_552_000, includeSubDomains: false } : false,
    crossOriginEmbedderPolicy: false,
    // Browsers ignore both on plain HTTP addresses other than localhost, and warn about it.
    crossOriginOpenerPolicy: options.https ? { policy: 'same-origin' } : false,
    originAgentCluster: false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}
