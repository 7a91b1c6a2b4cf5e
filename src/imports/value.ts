/** A value of a document. Scalars keep their text: what other systems read into a string is `0123`, not 83. */
export type Value = MapValue | ListValue | ScalarValue;

export interface MapValue {
  kind: 'map';
  /** In the order of the document. A Map, so that no key (`__proto__`) means anything. */
  entries: ReadonlyMap<string, Value>;
  /** Keys that occur more than once; the last one counts. */
  repeated: readonly string[];
}

export interface ListValue {
  kind: 'list';
  items: readonly Value[];
}

export interface ScalarValue {
  kind: 'scalar';
  value: string | number | boolean | null;
  /** As written, without quotation marks. */
  text: string;
}

/** As JSON would have it. Objects have no prototype. */
export function plain(value: Value): unknown {
  switch (value.kind) {
    case 'scalar':
      return value.value;
    case 'list':
      return value.items.map(plain);
    case 'map': {
      const object = Object.create(null) as Record<string, unknown>;
      for (const [key, child] of value.entries) object[key] = plain(child);
      return object;
    }
  }
}
