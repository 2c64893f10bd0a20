/** A reference such as `registry.lab/shop/app:v1` or `registry.lab/shop/app@sha256:...`, taken apart. */
export interface ImageReference {
  readonly host: string;
  readonly repository: string;
  /** Tag or `sha256:...`. */
  readonly reference: string;
}

const pattern = /^([a-z0-9.-]+(?::\d+)?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;

/** Takes a reference apart; the digest wins over the tag, no tag means `latest`. Undefined when it is none. */
export function parseImageReference(text: string): ImageReference | undefined {
  const [, host, repository, tag, digest] = pattern.exec(text) ?? [];
  if (host === undefined || repository === undefined) return undefined;
  return { host, repository, reference: digest ?? tag ?? 'latest' };
}

/** True for `sha256:` and 64 hex digits. */
export function isDigest(text: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
