import { posix } from 'node:path';
import type { ApiServices } from '../../http/server/api-services.ts';
import type { Call, Reply } from '../../http/server/route.ts';
import type { Account } from '../../identity/account.ts';
import { PlatformError } from '../../shared/errors.ts';

/** The editor is for source files; what is larger belongs into the terminal. */
export const maxFileBytes = 1024 * 1024;

/** The learner's lab folder; the editor sees nothing else. */
const labFolder = '/home/learner/lab';

type FileCall<Body> = Call<{ readonly id: string; readonly path: string }, Body, Account>;

/** A file's bytes; for a path that ends with a slash, or none, the folder's listing. */
export async function readSandboxFile({ parameters, account }: FileCall<undefined>, { sessions }: ApiServices): Promise<Reply> {
  const sandbox = sessions.sandboxOf(await sessions.find(account, parameters.id));
  const { path } = parameters;
  if (path === '' || path.endsWith('/')) return { status: 200, json: await sandbox.listFiles(locate(path.slice(0, -1))) };
  const found = await sandbox.readFile(locate(path), maxFileBytes);
  switch (found.kind) {
    case 'file':
      // Never as what it claims to be: a learner's HTML must not run as a page of the site.
      return { status: 200, bytes: found.contents, contentType: 'application/octet-stream' };
    case 'missing':
      throw new PlatformError('not-found', `There is no file ${path} in the lab folder.`);
    case 'not-a-file':
      throw new PlatformError('file-unreadable', `${path} is not a regular file.`);
    case 'too-large':
      throw new PlatformError('file-unreadable', `${path} has ${found.bytes} bytes; at most ${maxFileBytes} are read.`);
  }
}

export async function writeSandboxFile({ parameters, body, account }: FileCall<Buffer>, { sessions }: ApiServices): Promise<Reply> {
  const sandbox = sessions.sandboxOf(await sessions.find(account, parameters.id));
  if (parameters.path === '') throw new PlatformError('request-invalid', 'The path of the file is missing.');
  await sandbox.putFiles([{ path: locate(parameters.path), contents: body }]);
  return { status: 204 };
}

function locate(path: string): string {
  const located = posix.join(labFolder, path);
  const inside = located === labFolder || located.startsWith(`${labFolder}/`);
  const plain = path
    .split('/')
    .every((segment, index) => segment !== '..' && segment !== '.' && (segment !== '' || (index === 0 && path === '')));
  if (inside && plain) return located;
  throw new PlatformError('request-invalid', `The path must lie in the lab folder, found ${JSON.stringify(path.slice(0, 100))}.`);
}
