import type { FastifyServerOptions } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';

type Compilers = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>;

/** Has Fastify validate and serialise by zod from the start, so that it never loads its own two compilers, which take 10 MB. */
export const zodSchemas: FastifyServerOptions['schemaController'] = {
  // Fastify's types expect schemas of its own compilers here.
  compilersFactory: { buildValidator: () => validatorCompiler, buildSerializer: () => serializerCompiler } as unknown as Compilers,
};
