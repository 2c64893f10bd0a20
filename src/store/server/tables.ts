/** The rows of the database. Times are milliseconds since the epoch; `_json` columns hold JSON text. */
export interface Tables {
  readonly accounts: AccountRow;
  readonly sign_ins: SignInRow;
  readonly sessions: SessionRow;
  readonly step_results: StepResultRow;
  readonly passed_steps: PassedStepRow;
  readonly stage_durations: StageDurationRow;
}

/** A person. Never deleted, so that a name or address is never given to somebody else. */
interface AccountRow {
  id: string;
  name: string;
  email: string;
  created_at_ms: number;
  revoked_at_ms: number | null;
}

/** A browser that is signed in; `token_hash` is the SHA-256 of the cookie's value, in hex. */
interface SignInRow {
  token_hash: string;
  account_id: string;
  expires_at_ms: number;
}

/** A learner's session of a lab. */
export interface SessionRow {
  id: string;
  account_id: string;
  lab_id: string;
  sandbox_id: string;
  state: 'queued' | 'starting' | 'ready' | 'paused' | 'ended' | 'failed';
  created_at_ms: number;
  expires_at_ms: number;
  extensions: number;
  /** `SessionFailure` of src/sessions/session.ts, of a failed session. */
  failure_json: string | null;
}

/** The latest verdict on a step of a session. */
interface StepResultRow {
  session_id: string;
  step_id: string;
  verdict_json: string;
  checked_at_ms: number;
}

/** A step that a learner has passed once; it stays passed. */
interface PassedStepRow {
  account_id: string;
  lab_id: string;
  step_id: string;
  passed_at_ms: number;
}

/** How long a stage usually takes: a moving average. */
interface StageDurationRow {
  stage: string;
  average_ms: number;
}
