import { randomInt } from 'node:crypto';

const alphabet = '23456789abcdefghjkmnpqrstvwxyz';

/**
 * A random identifier of `length` characters without look-alikes, safe in URLs, DNS labels and object names.
 * 12 characters hold 58 bits, enough that guessing one is hopeless behind an authorised interface.
 */
export function newId(length = 12): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
