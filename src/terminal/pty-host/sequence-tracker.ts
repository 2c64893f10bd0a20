/** A control string longer than this is not replayed with a snapshot; the viewer then shows its rest as text. */
const maxTailBytes = 64 * 1024;

const escape = 0x1b;
const bell = 0x07;

type State = 'ground' | 'escape' | 'intermediate' | 'csi' | 'string' | 'string-escape' | 'utf8';

/**
 * Knows how many of the last bytes of a terminal's output are the beginning of an unfinished escape sequence or
 * UTF-8 character. A snapshot ends with those bytes, so that the viewer's parser stands where ours does.
 */
export class SequenceTracker {
  #state: State = 'ground';
  #tailBytes = 0;
  #utf8Missing = 0;

  /** Bytes of an unfinished sequence at the end; 0 when there is none or it is too long to replay. */
  get tailBytes(): number {
    return this.#tailBytes > maxTailBytes ? 0 : this.#tailBytes;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      // Nearly all output is plain text: one comparison for each byte of it.
      if (this.#state === 'ground' && byte < 0x80 && byte !== escape) continue;
      this.#state = this.#next(byte);
      this.#tailBytes = this.#state === 'ground' ? 0 : this.#tailBytes + 1;
    }
  }

  #next(byte: number): State {
    if (this.#state === 'utf8') return this.#nextInUtf8(byte);
    if (this.#state === 'ground') return this.#nextInGround(byte);
    if (byte === 0x18 || byte === 0x1a) return 'ground';
    if (byte === escape) return this.#startEscape(this.#state === 'string' ? 'string-escape' : 'escape');
    switch (this.#state) {
      case 'escape':
        return afterEscape(byte);
      case 'intermediate':
        return byte >= 0x30 && byte <= 0x7e ? 'ground' : 'intermediate';
      case 'csi':
        return byte >= 0x40 && byte <= 0x7e ? 'ground' : 'csi';
      case 'string':
        return byte === bell ? 'ground' : 'string';
      case 'string-escape':
        return afterEscape(byte);
    }
  }

  /** An ESC ends what came before it, unless that is a string which this may be the end of. */
  #startEscape(state: State): State {
    if (state === 'escape') this.#tailBytes = 0;
    return state;
  }

  #nextInGround(byte: number): State {
    if (byte === escape) return 'escape';
    this.#utf8Missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
    return this.#utf8Missing > 0 ? 'utf8' : 'ground';
  }

  #nextInUtf8(byte: number): State {
    if (byte < 0x80 || byte > 0xbf) {
      this.#tailBytes = 0;
      return this.#nextInGround(byte);
    }
    this.#utf8Missing -= 1;
    return this.#utf8Missing === 0 ? 'ground' : 'utf8';
  }
}

function afterEscape(byte: number): State {
  if (byte === 0x5b) return 'csi';
  if (byte === 0x50 || byte === 0x58 || byte === 0x5d || byte === 0x5e || byte === 0x5f) return 'string';
  return byte >= 0x20 && byte <= 0x2f ? 'intermediate' : 'ground';
}
