/** A stretch of a text: plain, or a digest that is shown short and copied whole. */
export type TextPart =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'digest'; readonly whole: string; readonly short: string };

const digestPattern = /\b(?:sha256[:-])?[0-9a-f]{64}\b/g;

/** A digest with its middle left out: enough at both ends to tell two apart at a glance. */
function shortenDigest(digest: string): string {
  const [, prefix = '', hex = ''] = /^(sha256[:-])?([0-9a-f]+)$/.exec(digest) ?? [];
  return `${prefix}${hex.slice(0, 8)}…${hex.slice(-6)}`;
}

/** Splits a text at its digests. */
export function splitAtDigests(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let position = 0;
  for (const match of text.matchAll(digestPattern)) {
    if (match.index > position) parts.push({ kind: 'text', text: text.slice(position, match.index) });
    parts.push({ kind: 'digest', whole: match[0], short: shortenDigest(match[0]) });
    position = match.index + match[0].length;
  }
  if (position < text.length) parts.push({ kind: 'text', text: text.slice(position) });
  return parts;
}

/** A duration as a person reads it: `0.4 s`, `6.1 s`, `48 s`, `3 min 20 s`. */
export function wordDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${String(Math.round(seconds))} s`;
  const whole = Math.round(seconds);
  return `${String(Math.floor(whole / 60))} min ${String(whole % 60)} s`;
}

/** Elapsed time beside the usual one: `6.1 s of about 8 s`; without a usual one only the elapsed. */
export function wordProgress(elapsedMs: number, expectedMs: number | undefined): string {
  if (expectedMs === undefined) return wordDuration(elapsedMs);
  const usual = expectedMs < 1000 ? expectedMs : Math.round(expectedMs / 1000) * 1000;
  return `${wordDuration(elapsedMs)} of about ${wordDuration(usual).replace('.0 s', ' s')}`;
}

/** Time left as a clock: `42:10`, `1:07:30`; `0:00` when none is left. */
export function wordTimeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours === 0 ? `${String(minutes)}:${two(seconds % 60)}` : `${String(hours)}:${two(minutes)}:${two(seconds % 60)}`;
}

/** `1 more hour`, `2 more hours`: a number with the right form of its noun. */
export function wordCount(count: number, one: string, many: string): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}
