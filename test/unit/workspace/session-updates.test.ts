import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Session } from '../../../src/sessions/session.ts';
import { applyEvent, emptyView, type SessionView } from '../../../src/workspace/session-updates.ts';

const session: Session = {
  id: 'k3mq7hx2v9wd',
  lab: 'sign-and-verify',
  state: 'starting',
  stages: [{ name: 'network', title: 'Making the network', state: 'running', elapsedMs: 10 }],
  createdAt: '2026-01-01T10:00:00.000Z',
  expiresAt: '2026-01-01T12:00:00.000Z',
  extensionsLeft: 2,
  variables: {},
  steps: [
    { id: 'one', title: 'One', passed: false },
    { id: 'two', title: 'Two', passed: true },
  ],
};
const started: SessionView = applyEvent(emptyView, { type: 'session', session });
const approval = {
  code: 'VKQM-FXCH',
  session: session.id,
  email: 'ada@learners.lab',
  requestedAt: session.createdAt,
  expiresAt: session.expiresAt,
};

describe('the view of a session', () => {
  it('updates a known stage in place and adds an unknown one', () => {
    const done = applyEvent(started, {
      type: 'stage',
      stage: { name: 'network', title: 'Making the network', state: 'done', elapsedMs: 400 },
    });
    const more = applyEvent(done, {
      type: 'stage',
      stage: { name: 'cluster', title: 'Starting the cluster', state: 'running', elapsedMs: 0 },
    });
    assert.deepEqual(
      more.session?.stages.map(({ name, state }) => `${name} ${state}`),
      ['network done', 'cluster running'],
    );
  });

  it('keeps a step passed when a later check fails', () => {
    const view = applyEvent(started, { type: 'verdict', step: 'two', passed: false, verdict: { verdict: 'failed', conditions: [] } });
    assert.equal(view.session?.steps[1]?.passed, true);
    assert.equal(view.session?.steps[1]?.verdict?.verdict, 'failed');
  });

  it('shows a step as being checked until its verdict is there', () => {
    const checking = applyEvent(applyEvent(started, { type: 'checking', step: 'one' }), { type: 'checking', step: 'one' });
    assert.deepEqual(checking.checking, ['one']);
    const checked = applyEvent(checking, { type: 'verdict', step: 'one', passed: true, verdict: { verdict: 'passed', conditions: [] } });
    assert.deepEqual(checked.checking, []);
    assert.equal(checked.session?.steps[0]?.passed, true);
  });

  it('drops waiting signatures when the sandbox is gone', () => {
    const ready = applyEvent(started, { type: 'session', session: { ...session, state: 'ready' } });
    const waiting = applyEvent(ready, { type: 'approvals', approvals: [approval] });
    assert.equal(waiting.approvals.length, 1);
    assert.deepEqual(applyEvent(waiting, { type: 'session', session: { ...session, state: 'ended' } }).approvals, []);
  });

  it('changes nothing for a stage when there is no session', () => {
    assert.deepEqual(applyEvent(emptyView, { type: 'stage', stage: { name: 'x', title: 'X', state: 'done', elapsedMs: 1 } }), emptyView);
  });
});
