import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SandboxStartError } from '../../../src/sandboxes/server/sandbox-start-error.ts';
import { openStore } from '../../../src/store/server/store.ts';
import { FakeWorkshop, lab } from './fake-workshop.ts';
import { collect, sessionWorld, untilState } from './session-world.ts';

describe('starting a session', () => {
  it('goes from queued to ready with its stages, and gives the running session again', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const [first, second] = await Promise.all([world.manager.start(world.learner, lab), world.manager.start(world.learner, lab)]);
    assert.equal(first.created, true);
    assert.equal(second.created, false);
    assert.equal(second.session.record.id, first.session.record.id);
    await untilState(first.session, 'ready');
    const view = await world.manager.view(first.session);
    assert.equal(view.stages.find((stage) => stage.name === 'network')?.state, 'done');
    assert.equal(view.variables['session.email'], world.learner.email);
    assert.equal(world.workshop.driver.running.size, 1);
  });

  it('is refused while the platform is being prepared', async () => {
    await using world = await sessionWorld();
    await assert.rejects(world.manager.start(world.learner, lab), { code: 'lab-preparing' });
  });

  it('tries a failed start once more with a new sandbox', async () => {
    await using world = await sessionWorld();
    const tried: string[] = [];
    world.workshop.driver.behave = ({ id }) => {
      tried.push(id);
      return tried.length === 1 ? Promise.reject(new SandboxStartError('registry', new Error('slow disk'))) : Promise.resolve();
    };
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'ready');
    assert.equal(new Set(tried).size, 2);
    assert.equal(session.record.sandboxId, tried[1]);
  });

  it('reports a start that failed twice with stage and cause, and a reset makes it good', async () => {
    await using world = await sessionWorld();
    world.workshop.driver.behave = () => Promise.reject(new SandboxStartError('cluster', new Error('no space left'), 'last line'));
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'failed');
    const { failure } = await world.manager.view(session);
    assert.equal(failure?.stage, 'cluster');
    assert.equal(failure.code, 'sandbox-start-failed');
    assert.match(failure.detail, /no space left[\s\S]*last line/);
    world.workshop.driver.behave = () => Promise.resolve();
    await world.manager.reset(session);
    await untilState(session, 'ready');
    assert.equal((await world.manager.view(session)).failure, undefined);
  });

  it('gives a new session after a failed one', async () => {
    await using world = await sessionWorld();
    world.workshop.driver.behave = () => Promise.reject(new Error('broken'));
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'failed');
    const again = await world.manager.start(world.learner, lab);
    assert.equal(again.created, true);
    assert.notEqual(again.session.record.id, session.record.id);
  });

  it('queues beyond the capacity and moves on when a place is free', async () => {
    await using world = await sessionWorld();
    world.workshop.capacity = { memoryMiB: 500, parallelStarts: 1, sandboxes: 5 };
    await world.manager.open(world.workshop);
    const { session: first } = await world.manager.start(world.learner, lab);
    const { session: second } = await world.manager.start(await world.accounts.createGuest(), lab);
    await untilState(first, 'ready');
    assert.equal(second.record.state, 'queued');
    assert.equal((await world.manager.view(second)).queuePosition, 1);
    await world.manager.end(first);
    await untilState(second, 'ready');
    assert.equal((await world.manager.view(second)).queuePosition, undefined);
  });
});

describe('ending, resetting and extending', () => {
  it('removes the sandbox of a session that ends, even during its start', async () => {
    await using world = await sessionWorld();
    let letGo = (): void => undefined;
    world.workshop.driver.behave = () => new Promise((resolve) => (letGo = resolve));
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'starting');
    await world.manager.end(session);
    letGo();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(session.record.state, 'ended');
    assert.equal(world.workshop.driver.running.size, 0);
    await assert.rejects(world.manager.reset(session), { code: 'session-over' });
  });

  it('takes a session that only waits out of the queue', async () => {
    await using world = await sessionWorld();
    world.workshop.capacity = { memoryMiB: 500, parallelStarts: 1, sandboxes: 5 };
    await world.manager.open(world.workshop);
    const { session: first } = await world.manager.start(world.learner, lab);
    const { session: second } = await world.manager.start(await world.accounts.createGuest(), lab);
    await untilState(first, 'ready');
    await world.manager.end(second);
    assert.equal(second.record.state, 'ended');
    assert.deepEqual(world.workshop.driver.stopped, []);
    assert.equal(world.workshop.driver.running.size, 1);
  });

  it('gives a fresh sandbox on reset, closes the terminals and forgets the verdicts but not what was passed', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'ready');
    world.workshop.verdict = () => Promise.resolve({ verdict: 'passed', conditions: [] });
    await world.manager.checks.check(session, '01-build');
    const before = session.record.sandboxId;
    await world.manager.reset(session);
    await untilState(session, 'ready');
    assert.notEqual(session.record.sandboxId, before);
    assert.deepEqual(world.workshop.driver.stopped, [before]);
    assert.deepEqual(world.over, [session.record.id]);
    const [step] = (await world.manager.view(session)).steps;
    assert.equal(step?.passed, true);
    assert.equal(step.verdict, undefined);
  });

  it('extends twice and no more', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    const before = session.record.expiresAtMs;
    await world.manager.extend(session);
    await world.manager.extend(session);
    assert.equal(session.record.expiresAtMs, before + 2 * 3_600_000);
    assert.equal((await world.manager.view(session)).extensionsLeft, 0);
    await assert.rejects(world.manager.extend(session), { code: 'extension-limit-reached' });
  });

  it('hides a session from every other account', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await assert.rejects(world.manager.find(await world.accounts.createGuest(), session.record.id), { code: 'session-not-found' });
    await assert.rejects(world.manager.find(world.learner, 'no-such-session'), { code: 'session-not-found' });
  });
});

describe('after a restart of the server', () => {
  it('adopts living sandboxes, fails lost ones, starts cut-off ones anew and removes orphans', async () => {
    const store = await openStore(':memory:');
    const workshop = new FakeWorkshop();
    await using before = await sessionWorld({ store, workshop });
    await before.manager.open(workshop);
    const [alive, lost, cutOff] = await Promise.all(
      [before.learner, await before.accounts.createGuest(), await before.accounts.createGuest()].map((account) =>
        before.manager.start(account, lab),
      ),
    );
    for (const { session } of [alive!, lost!, cutOff!]) await untilState(session, 'ready');
    workshop.driver.running.delete(lost!.session.record.sandboxId);
    await store.updateTable('sessions').set({ state: 'starting' }).where('id', '=', cutOff!.session.record.id).execute();
    workshop.driver.running.set('orphan', { id: 'orphan', sessionId: 'x', needs: [], learner: { email: '' }, variables: {}, files: [] });
    before.manager.close();

    await using after = await sessionWorld({ store, workshop });
    await after.manager.load();
    const resumed = await after.manager.find(alive!.session.account, alive!.session.record.id);
    assert.equal((await after.manager.view(resumed)).state, 'starting');
    await after.manager.open(workshop);
    assert.equal((await after.manager.view(resumed)).state, 'ready');
    assert.equal(resumed.sandbox?.id, alive!.session.record.sandboxId);
    const gone = await after.manager.find(lost!.session.account, lost!.session.record.id);
    assert.equal(gone.record.failure?.code, 'sandbox-gone');
    const again = await after.manager.find(cutOff!.session.account, cutOff!.session.record.id);
    await untilState(again, 'ready');
    assert.notEqual(again.record.sandboxId, cutOff!.session.record.sandboxId);
    assert.equal(workshop.driver.running.has('orphan'), false);
    await store.destroy();
  });

  it('fails the sessions of a lost engine with the cause', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'ready');
    await world.manager.lose('The engine does not answer any more.');
    assert.equal(session.record.state, 'failed');
    assert.equal(session.record.failure?.stage, 'engine');
    await assert.rejects(world.manager.reset(session), { code: 'lab-preparing' });
    await world.manager.open(world.workshop);
    await world.manager.reset(session);
    await untilState(session, 'ready');
  });
});

describe('checks', () => {
  it('run one at a time, are kept, and passing is sticky', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'ready');
    let atOnce = 0;
    let most = 0;
    world.workshop.verdict = async ({ stepId }) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 10));
      atOnce -= 1;
      return { verdict: stepId === '01-build' ? 'passed' : 'failed', conditions: [] };
    };
    const events = collect(world, session);
    await Promise.all([world.manager.checks.check(session, '01-build'), world.manager.checks.check(session, '02-sign')]);
    assert.equal(most, 1);
    world.workshop.verdict = () => Promise.resolve({ verdict: 'failed', conditions: [] });
    await world.manager.checks.check(session, '01-build');
    const [build, sign] = (await world.manager.view(session)).steps;
    assert.deepEqual([build?.passed, build?.verdict?.verdict], [true, 'failed']);
    assert.deepEqual([sign?.passed, sign?.verdict?.verdict], [false, 'failed']);
    assert.equal(events.filter(({ type }) => type === 'verdict').length, 3);
  });

  it('say undecided when a check throws, and refuse an unknown step', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'ready');
    world.workshop.verdict = () => Promise.reject(new Error('a bug in a check'));
    assert.deepEqual(await world.manager.checks.check(session, '01-build'), { verdict: 'undecided', code: 'check-broken', conditions: [] });
    await assert.rejects(world.manager.checks.check(session, '99-none'), { code: 'step-not-found' });
  });

  it('tell the next hint with every failed try', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'ready');
    const seen: (number | undefined)[] = [];
    world.workshop.verdict = ({ hintsSeen }) => {
      seen.push(hintsSeen['signed']);
      return Promise.resolve({ verdict: 'failed', conditions: [{ id: 'signed', title: 'It is signed', verdict: 'failed', hint: 'look' }] });
    };
    await world.manager.checks.check(session, '02-sign');
    await world.manager.checks.check(session, '02-sign');
    assert.deepEqual(seen, [undefined, 1]);
  });
});

describe('approvals', () => {
  it('are announced to an open page and answered with the account of the session', async () => {
    await using world = await sessionWorld();
    await world.manager.open(world.workshop);
    const { session } = await world.manager.start(world.learner, lab);
    await untilState(session, 'ready');
    const events = collect(world, session);
    const times = { requestedAt: new Date().toISOString(), expiresAt: new Date().toISOString() };
    world.workshop.approvals = [{ code: 'ABCD-EFGH', clientId: 'sigstore', scope: 'openid', ...times }];
    const deadline = Date.now() + 2_000;
    while (!events.some(({ type }) => type === 'approvals') && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const announced = events.find((event) => event.type === 'approvals');
    assert.equal(announced?.approvals[0]?.email, world.learner.email);
    await assert.rejects(world.manager.approvals.answer(session, 'NONE-NONE', 'approve'), { code: 'approval-not-found' });
    await world.manager.approvals.answer(session, 'ABCD-EFGH', 'approve');
    assert.deepEqual(world.workshop.approved, [{ code: 'ABCD-EFGH', linkAddress: '10.0.0.2', email: world.learner.email }]);
    assert.deepEqual(events.findLast((event) => event.type === 'approvals')?.approvals, []);
  });
});
