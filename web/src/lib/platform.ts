const apple = /mac|iphone|ipad/i.test(globalThis.navigator?.platform ?? '');

/** How this machine's keyboard calls the command key. */
export const commandKey = apple ? '⌘' : 'Ctrl';
