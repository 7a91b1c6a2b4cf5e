/** Puts the cursor into the first field of a form that is marked as wrong, once the marks are there. */
export function focusFault(form: HTMLElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
