/** Beyond this a paste is refused: it would take seconds and is never meant. */
const maxPasteCharacters = 512 * 1024;
/** What a program may put into the clipboard at once, in base64. */
const maxClipboardCharacters = 64 * 1024;

/** Answers that a terminal gives to programs by itself: attributes, cursor position, modes, colours. */
const automaticAnswer = /^\x1b(?:\[[?>]?[\d;]*[cnR]|\[\?[\d;]*\$y|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\)$/;

/** True for what no person types. Only one of several viewers may give such answers. */
export function isAutomaticAnswer(data: string): boolean {
  return automaticAnswer.test(data);
}

/**
 * Pasted text as it may reach a shell: no control characters but tab and newline, so that a page cannot smuggle
 * keys into what somebody copies. Undefined when it is too long.
 */
export function cleanPaste(text: string): string | undefined {
  if (text.length > maxPasteCharacters) return undefined;
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}

/**
 * The text that a program puts into the clipboard by OSC 52; undefined when there is none. Programs may write the
 * clipboard and never read it: the question `?` gets no answer.
 */
export function clipboardText(data: string): string | undefined {
  const encoded = /^[cps0-7]*;([A-Za-z0-9+/]+={0,2})$/.exec(data)?.[1];
  if (encoded === undefined || encoded.length > maxClipboardCharacters) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

/** Several lines would run one after the other, unless the shell takes a paste as one piece. */
export function needsConfirmation(text: string, bracketedPaste: boolean): boolean {
  return !bracketedPaste && text.trimEnd().includes('\n');
}

/** What a key chord means for the terminal; undefined: it belongs to the shell. */
export type ChordAction = 'copy' | 'native-paste' | 'find' | 'leave' | 'leave-backwards';

/** The chord that leaves the terminal, to be shown on the page; Tab belongs to the shell. With Shift it goes backwards. */
export const leaveChord = 'Ctrl+F6';

/** The keys of an event, as far as they matter. */
export interface Chord {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** Ctrl/Cmd+Shift+C and Ctrl+Insert copy, Ctrl/Cmd+Shift+V and Shift+Insert paste, Ctrl/Cmd+Shift+F finds, Ctrl+F6 leaves. */
export function actionOf(chord: Chord): ChordAction | undefined {
  const command = chord.ctrlKey || chord.metaKey;
  if (chord.altKey) return undefined;
  if (chord.key === 'F6' && chord.ctrlKey) return chord.shiftKey ? 'leave-backwards' : 'leave';
  if (chord.key === 'Insert' && chord.ctrlKey && !chord.shiftKey) return 'copy';
  if (chord.key === 'Insert' && chord.shiftKey && !command) return 'native-paste';
  if (!command || !chord.shiftKey) return undefined;
  const actions: Record<string, ChordAction> = { c: 'copy', v: 'native-paste', f: 'find' };
  return actions[chord.key.toLowerCase()];
}
