/** One entry of the catalogue: an HTTP status, what happened in general, and what to do about it. */
interface CatalogueEntry {
  readonly status: number;
  readonly title: string;
  readonly fix: string;
}

/**
 * Every error that a person may see, by its permanent code. The code is the last part of the problem type
 * (`/problems/<code>`), the title says what happened, `fix` says what to do.
 */
export const errorCatalogue = {
  'engine-unavailable': {
    status: 503,
    title: 'No container engine can be used',
    fix: 'Start Docker, point DOCKER_HOST at a running engine, or run as root on Linux so that the embedded engine can be started.',
  },
  'engine-failed': {
    status: 503,
    title: 'The container engine refused or broke off a request',
    fix: 'Run `npm run doctor`; if the engine has stopped, run `npm start` again.',
  },
  'disk-too-small': {
    status: 507,
    title: 'There is not enough free disk space',
    fix: 'Free space in the cache directory, or set XDG_CACHE_HOME to a larger disk.',
  },
  'memory-too-small': {
    status: 507,
    title: 'There is not enough free memory',
    fix: 'Stop other programs or end running labs, then try again.',
  },
  'port-busy': {
    status: 503,
    title: 'The address is already in use',
    fix: 'Stop the program that uses it, or set PORT to a free port.',
  },
  'configuration-invalid': {
    status: 500,
    title: 'The configuration is not valid',
    fix: 'Correct the named environment variable; the README lists them all.',
  },
  'data-in-use': {
    status: 503,
    title: 'The data directory is in use by another server',
    fix: 'Use the running server, stop it, or set PROOFGROUND_DATA and PORT for a second one.',
  },
  'data-damaged': {
    status: 500,
    title: 'The data directory is damaged',
    fix: 'Restore the data directory from a backup, or set PROOFGROUND_DATA to an empty one.',
  },
  'site-build-failed': {
    status: 500,
    title: 'The site could not be built',
    fix: 'Read the last lines of the build above; then run `npm start` again.',
  },
  'image-build-failed': {
    status: 500,
    title: 'An image could not be built',
    fix: 'Read the last lines of the build above; when a registry was unreachable, run `npm start` again.',
  },
  'sandbox-start-failed': {
    status: 503,
    title: 'The sandbox could not be started',
    fix: 'Try again; if it fails again, run `npm run doctor`.',
  },
  'sandbox-gone': {
    status: 410,
    title: 'The sandbox does not exist any more',
    fix: 'Start the lab again.',
  },
  'sandbox-not-ready': {
    status: 409,
    title: 'The sandbox is not ready yet',
    fix: 'Wait until every stage is done, then try again.',
  },
  'file-unreadable': {
    status: 409,
    title: 'A file in the sandbox could not be read',
    fix: 'Check that it is a regular file of less than 1 MiB.',
  },
  'file-unwritable': {
    status: 409,
    title: 'A file in the sandbox could not be written',
    fix: 'Check that its folder is yours and a folder, and that the disk of the sandbox is not full.',
  },
  'request-invalid': {
    status: 400,
    title: 'The request is not valid',
    fix: 'Correct the named fields; the interface is described at /api/openapi.json.',
  },
  'sign-in-needed': {
    status: 401,
    title: 'Nobody is signed in',
    fix: 'Open the site in the browser, or call POST /api/v1/guests first.',
  },
  'not-allowed': {
    status: 403,
    title: 'This is not allowed',
    fix: 'Use the account that owns the session, from the site itself.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests in a short time',
    fix: 'Wait for the number of seconds that Retry-After names, then try again.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not take that method',
    fix: 'Use one of the methods that the Allow header names.',
  },
  'body-too-large': {
    status: 413,
    title: 'The request is too large',
    fix: 'Send at most 64 KiB, or 1 MiB for a file.',
  },
  'extension-limit-reached': {
    status: 409,
    title: 'The session cannot be extended any more',
    fix: 'Finish within the time that is left, or start the lab again; passed steps stay passed.',
  },
  'session-over': {
    status: 409,
    title: 'The session is over',
    fix: 'Start the lab again; passed steps stay passed.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    fix: 'Check the address; GET /api/v1/labs lists the labs.',
  },
  'lab-not-found': {
    status: 404,
    title: 'There is no such lab',
    fix: 'GET /api/v1/labs lists the labs.',
  },
  'session-not-found': {
    status: 404,
    title: 'There is no such session',
    fix: 'Start the lab again.',
  },
  'approval-not-found': {
    status: 404,
    title: 'No signature waits under this code',
    fix: 'Run the signing command again and answer the new code within its five minutes.',
  },
  'step-not-found': {
    status: 404,
    title: 'The lab has no such step',
    fix: 'GET /api/v1/labs lists the steps of each lab.',
  },
  'lab-invalid': {
    status: 500,
    title: 'A lab cannot be loaded',
    fix: 'Correct the named file; the other labs are not affected.',
  },
  'lab-preparing': {
    status: 503,
    title: 'The lab is still being prepared',
    fix: 'Wait until its images are built; the page shows how far they are.',
  },
  'capacity-reached': {
    status: 503,
    title: 'Every place is taken',
    fix: 'Wait for a place in the queue, or end another session.',
  },
  'check-timed-out': {
    status: 504,
    title: 'The check took too long',
    fix: 'Try again; nothing was counted against you.',
  },
  'check-broken': {
    status: 500,
    title: 'The check itself failed',
    fix: 'Try again; nothing was counted against you. If it stays, tell the instructor.',
  },
  'registry-unreachable': {
    status: 503,
    title: 'The lab registry did not answer in time',
    fix: 'Try again in a moment; nothing was counted against you.',
  },
  'cluster-unreachable': {
    status: 503,
    title: 'The cluster did not answer in time',
    fix: 'Try again in a moment; nothing was counted against you.',
  },
  'trust-unavailable': {
    status: 503,
    title: 'The signing services do not answer',
    fix: 'Try again in a moment; if it stays, run `npm run doctor`.',
  },
  'trust-keys-damaged': {
    status: 500,
    title: 'The keys of the signing services are not as they were made',
    fix: 'Restore the folder from a backup; or move it away to get new keys, with which earlier signatures are not trusted any more.',
  },
  'terminal-refused': {
    status: 403,
    title: 'The terminal connection was refused',
    fix: 'Reload the page to get a new ticket.',
  },
  'internal-error': {
    status: 500,
    title: 'The platform made a mistake',
    fix: 'Try again; the server log names the cause.',
  },
} as const satisfies Record<string, CatalogueEntry>;

/** The permanent code of an error of the catalogue. */
export type ErrorCode = keyof typeof errorCatalogue;

/**
 * A platform fault with a code from the catalogue. `message` says what happened this time
 * (expected and found where there is such a pair); the catalogue says what to do.
 */
export class PlatformError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'PlatformError';
    this.code = code;
  }

  /** HTTP status of the code. */
  get status(): number {
    return errorCatalogue[this.code].status;
  }

  /** What a person can do about it. */
  get fix(): string {
    return errorCatalogue[this.code].fix;
  }
}

/** Turns anything thrown into a PlatformError; what is not one becomes `internal-error`. */
export function toPlatformError(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PlatformError('internal-error', message, { cause: error });
}
