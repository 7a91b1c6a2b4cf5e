import { expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { fieldDescription } from '../../src/api/schemas/provider.ts';
import type { detection } from '../../src/api/schemas/provider.ts';
import type {
  certificateInfo,
  doctorOptions,
  doctorReport,
  doctorStep,
  registryInput,
  registryPatch,
} from '../../src/api/schemas/registry.ts';
import type { FieldDescription } from '../../src/provider/index.ts';
import type {
  CertificateInfo,
  Detection,
  DoctorOptions,
  DoctorReport,
  DoctorStep,
  RegistryInput,
  RegistryPatch,
} from '../../src/registries/index.ts';

/** The stages below the API may not import its schemas; so that both say the same is held here, by the compiler. */
it('has the same shapes in the API and below it', () => {
  expectTypeOf<DoctorStep>().toExtend<z.output<typeof doctorStep>>();
  expectTypeOf<z.output<typeof doctorStep>>().toExtend<DoctorStep>();
  expectTypeOf<DoctorReport>().toExtend<z.output<typeof doctorReport>>();
  expectTypeOf<z.output<typeof doctorReport>>().toExtend<DoctorReport>();
  expectTypeOf<CertificateInfo>().toExtend<z.output<typeof certificateInfo>>();
  expectTypeOf<Detection>().toExtend<z.output<typeof detection>>();
  expectTypeOf<FieldDescription>().toExtend<z.output<typeof fieldDescription>>();
  expectTypeOf<z.output<typeof registryInput>>().toExtend<RegistryInput>();
  expectTypeOf<z.output<typeof registryPatch>>().toExtend<RegistryPatch>();
  expectTypeOf<z.output<typeof doctorOptions>>().toExtend<DoctorOptions>();
});
