import type { DoctorStep, Partial as PartialList } from '../../../src/sdk/index.ts';

export type * from '../../../src/sdk/index.ts';

/** Why a list is not whole. */
export type Partially = PartialList;
export type DoctorOffer = NonNullable<DoctorStep['offer']>;
export type TagSort = 'pushed' | '-pushed' | 'semver' | '-semver' | 'name' | '-name';

/** A page of any list, as far as this page looks at it. */
export interface Page<T> {
  items: T[];
  next?: string;
  total?: number;
  partial?: PartialList;
}
