/** An entry that cannot be taken as it is; the message says why. */
export class Unreadable extends Error {}
