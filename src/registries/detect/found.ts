/** What a reader of pasted text found, before it is matched with a provider. */
export interface Found {
  kind: 'url' | 'reference' | 'docker-login' | 'json-key' | 'docker-config';
  /** Host, or URL with or without scheme. */
  address?: string;
  /** Path in front of an image's name. */
  namespace?: string;
  username?: string;
  password?: string;
  identityToken?: string;
  /** A Google service account key. */
  jsonKey?: string;
  /** A name that the text itself gives. */
  name?: string;
  /** Said beside what was recognised: "the first of 3 registries". */
  note?: string;
}
