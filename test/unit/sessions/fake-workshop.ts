import { Agent } from 'node:http';
import type { Lab } from '../../../src/catalog/lab.ts';
import type { Verdict } from '../../../src/grading/verdict.ts';
import type { ReadySandbox, SandboxDriver, SandboxRequest, SandboxSummary } from '../../../src/sandboxes/server/sandbox-driver.ts';
import type { Capacity } from '../../../src/sessions/server/capacity.ts';
import type { StepCheck, Workshop } from '../../../src/sessions/server/workshop.ts';
import type { Approval } from '../../../src/trust/approval.ts';

export const lab: Lab = {
  id: 'sign-and-verify',
  title: 'Sign and verify',
  level: 'beginner',
  minutes: 30,
  needs: ['registry', 'sigstore'],
  summary: 'A lab for tests.',
  steps: [
    { id: '01-build', title: 'Build' },
    { id: '02-sign', title: 'Sign' },
  ],
};

/** A driver without an engine, for the state machine of sessions alone. `behave` decides about each start. */
class FakeDriver implements SandboxDriver {
  readonly running = new Map<string, SandboxRequest>();
  readonly stopped: string[] = [];
  behave: (request: SandboxRequest) => Promise<void> = () => Promise.resolve();
  listFails = false;

  async start(request: SandboxRequest, report: Parameters<SandboxDriver['start']>[1]): Promise<ReadySandbox> {
    report({ stage: 'network', title: 'Network', state: 'running', elapsedMs: 0 });
    await this.behave(request);
    report({ stage: 'network', title: 'Network', state: 'done', elapsedMs: 5 });
    this.running.set(request.id, request);
    return fakeSandbox(request);
  }

  adopt(id: string): Promise<ReadySandbox | undefined> {
    const request = this.running.get(id);
    return Promise.resolve(request === undefined ? undefined : fakeSandbox(request));
  }

  stop(id: string): Promise<void> {
    // An empty id would stand for every sandbox of the instance.
    if (id === '') throw new Error('There is no sandbox without an id.');
    this.running.delete(id);
    this.stopped.push(id);
    return Promise.resolve();
  }

  list(): Promise<readonly SandboxSummary[]> {
    if (this.listFails) return Promise.reject(new Error('no engine'));
    return Promise.resolve([...this.running.values()].map(({ id, sessionId }) => ({ id, sessionId, createdAtMs: 0, state: 'running' })));
  }

  pause(): Promise<void> {
    return Promise.resolve();
  }

  resume(): Promise<void> {
    return Promise.resolve();
  }
}

/** A workshop on a {@link FakeDriver}. */
export class FakeWorkshop implements Workshop {
  readonly driver = new FakeDriver();
  capacity: Capacity = { memoryMiB: 100_000, parallelStarts: 10, sandboxes: 10 };
  verdict: (check: StepCheck) => Promise<Verdict> = () => Promise.resolve({ verdict: 'failed', conditions: [] });
  approvals: Approval[] = [];
  readonly approved: { code: string; linkAddress: string; email: string }[] = [];

  async removeLeftovers(known: readonly string[]): Promise<readonly string[]> {
    const leftovers = [...this.driver.running.keys()].filter((id) => !known.includes(id));
    for (const id of leftovers) await this.driver.stop(id);
    return leftovers;
  }

  labFiles(): Promise<[]> {
    return Promise.resolve([]);
  }

  checkStep(check: StepCheck): Promise<Verdict> {
    return this.verdict(check);
  }

  pendingApprovals(): Promise<Approval[]> {
    return Promise.resolve(this.approvals);
  }

  approve(code: string, learner: { linkAddress: string; email: string }): Promise<'approved' | 'unknown'> {
    if (!this.approvals.some((approval) => approval.code === code)) return Promise.resolve('unknown');
    this.approved.push({ code, ...learner });
    this.approvals = this.approvals.filter((approval) => approval.code !== code);
    return Promise.resolve('approved');
  }

  deny(code: string): Promise<'denied'> {
    this.approvals = this.approvals.filter((approval) => approval.code !== code);
    return Promise.resolve('denied');
  }
}

function fakeSandbox({ id, sessionId, needs, learner }: SandboxRequest): ReadySandbox {
  const unused = (): Promise<never> => Promise.reject(new Error('a fake sandbox holds nothing'));
  const files = new Map<string, Buffer>();
  return {
    ...{ id, sessionId, needs, learner, linkAddress: '10.0.0.2', exec: unused, execInLink: unused, openPtyHost: unused },
    putFiles: (put) => {
      for (const file of put) files.set(file.path, Buffer.from(file.contents));
      return Promise.resolve();
    },
    readFile: (path) => {
      const contents = files.get(path);
      return Promise.resolve(contents === undefined ? { kind: 'missing' } : { kind: 'file', contents });
    },
    listFiles: () => Promise.resolve({ files: [], complete: true }),
    agentFor: () => new Agent(),
    memory: () => Promise.resolve(0),
  };
}
