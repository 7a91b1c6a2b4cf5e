/** The doctor: examines a registry step by step and says what is wrong, where, and what to do. */
export { isPassing } from './diagnose.ts';
export { unreadableAddress } from './report.ts';
export { runDoctor, steps } from './run.ts';
export type { DoctorSubject, DoctorTimeouts } from './subject.ts';
