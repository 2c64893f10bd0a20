/** A signature that waits for its learner's consent: cosign has asked for a code, nobody has answered yet. */
export interface Approval {
  /** What cosign prints, `XXXX-XXXX`. */
  readonly code: string;
  readonly clientId: string;
  readonly scope: string;
  /** ISO 8601 times. */
  readonly requestedAt: string;
  readonly expiresAt: string;
}

/** What became of an answer to an approval; `unknown` also covers codes of other sandboxes and codes already answered. */
export type ApprovalOutcome = 'approved' | 'unknown' | 'expired';
export type DenialOutcome = 'denied' | 'unknown' | 'expired';
