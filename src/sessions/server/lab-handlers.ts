import type { ApiServices } from '../../http/server/api-services.ts';
import type { Call, Reply } from '../../http/server/route.ts';
import type { Account } from '../../identity/account.ts';
import type { LabListing } from '../lab-listing.ts';

/** Every lab that can be loaded, with what the learner has passed. */
export async function listLabs({ account }: Call<object, undefined, Account | undefined>, services: ApiServices): Promise<Reply> {
  const passed = account === undefined ? new Map<string, string[]>() : await services.progress.passedByLab(account.id);
  const ready = services.board.view().state === 'ready';
  const labs = services.catalog.labs.map(({ lab, steps }): LabListing => ({
    ...lab,
    state: ready ? 'published' : 'preparing',
    steps: steps.map(({ id, title, checks }) => ({
      id,
      title,
      passed: passed.get(lab.id)?.includes(id) ?? false,
      conditions: checks.map((check) => ({ id: check.id, title: check.title })),
    })),
  }));
  return { status: 200, json: labs };
}
