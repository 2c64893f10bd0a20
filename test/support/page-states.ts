import { lab } from '../../labs/11-supply-chain-security/sign-and-verify/lab.ts';
import type { Condition } from '../../src/grading/verdict.ts';
import type { Preparation, StageView } from '../../src/platform/preparation.ts';
import type { LabListing } from '../../src/sessions/lab-listing.ts';
import type { Session, StepView } from '../../src/sessions/session.ts';
import type { PageState } from './page-server.ts';

export { lab };

const email = 'quiet-otter-4821@learners.lab';
const now = Date.now();
const inMinutes = (minutes: number): string => new Date(now + minutes * 60_000).toISOString();

const stage = (name: string, title: string, rest: Pick<StageView, 'state' | 'elapsedMs'> & Partial<StageView>): StageView => ({
  name,
  title,
  ...rest,
});
const stages: readonly StageView[] = [
  stage('network', 'Making the network', { state: 'done', elapsedMs: 420 }),
  stage('registry', 'Starting the registry', { state: 'done', elapsedMs: 1900 }),
  stage('cluster', 'Starting the cluster', { state: 'running', elapsedMs: 6100, expectedMs: 7900 }),
  stage('admission', 'Waiting for the policy controller', { state: 'waiting', elapsedMs: 0, expectedMs: 3300 }),
];

const conditions: readonly Condition[] = [
  { id: 'signed', title: 'The image in your registry is signed by you', verdict: 'passed', found: `${email}, issuer https://oidc.lab` },
  {
    id: 'digest',
    title: 'The signature is about the digest that the tag names',
    verdict: 'failed',
    expected: `sha256:${'4f1c9a0b2d3e4f50'.repeat(4)}`,
    found: `a signature on sha256:${'9b0de1c7a6f85342'.repeat(4)}`,
    hint: 'A tag can move after the signature was made. Compare `crane digest` with the digest that you signed.',
    hintNumber: 1,
    hints: 3,
  },
  { id: 'log', title: 'The transparency log holds the signature', verdict: 'waiting' },
  { id: 'time', title: 'The certificate was valid when the signature was made', verdict: 'undecided' },
];

function session(state: Session['state'], rest: Partial<Session> = {}): Session {
  return {
    ...{ id: 'k3mq7hx2v9wd', lab: lab.id, state, stages: [], createdAt: inMinutes(0), expiresAt: inMinutes(42.2), extensionsLeft: 2 },
    variables: { 'session.id': 'k3mq7hx2v9wd', 'session.email': email, registry: 'registry.lab', issuer: 'https://oidc.lab' },
    steps: lab.steps.map(({ id, title }) => ({ id, title, passed: false })),
    ...rest,
  };
}

const checkedSteps = lab.steps.map(({ id, title }, index): StepView => {
  if (index !== 1) return { id, title, passed: index === 0 };
  return { id, title, passed: false, verdict: { verdict: 'failed', conditions: [...conditions] }, checkedAt: inMinutes(0) };
});

const conditionNames = conditions.map(({ id, title }) => ({ id, title }));

const labs = (state: LabListing['state']): LabListing[] => [
  {
    ...lab,
    needs: [...lab.needs],
    state,
    steps: lab.steps.map((step, index) => ({ ...step, passed: index === 0, conditions: index === 1 ? conditionNames : [] })),
  },
];

const prepared: Preparation = { state: 'ready', stages: stages.map((one) => ({ ...one, state: 'done' })) };
const ready: PageState = { labs: labs('published'), preparation: prepared };
const imageStages = [
  stage('engine', 'Starting the container engine', { state: 'done', elapsedMs: 41_000 }),
  stage('image:tools', 'Building the tools', { state: 'running', elapsedMs: 212_000, expectedMs: 600_000, detail: 'cosign 3.1.3' }),
];
const failedStage = stage('image:tools', 'Building the tools', { state: 'failed', elapsedMs: 212_000, detail: 'go: download broke off' });
const failure = {
  code: 'image-build-failed',
  title: 'An image could not be built',
  detail: 'go: download broke off',
  fix: 'Run `npm start` again.',
};

/** States of the platform and of a session as the interface tells them. */
export const exampleState = {
  ready,
  preparing: { labs: labs('preparing'), preparation: { state: 'preparing', stages: imageStages } },
  preparationFailed: { labs: labs('preparing'), preparation: { state: 'failed', stages: [failedStage], failure } },
  queued: { ...ready, session: session('queued', { queuePosition: 2 }) },
  starting: { ...ready, session: session('starting', { stages: [...stages] }) },
  failed: {
    ...ready,
    session: session('failed', {
      failure: {
        code: 'sandbox-start-failed',
        stage: 'cluster',
        title: 'The sandbox could not be started',
        detail: 'kubelet did not answer within 60 s\nfailed to start containerd: no space left on device',
        fix: 'Try again; if it fails again, run `npm run doctor`.',
      },
    }),
  },
  approval: {
    ...ready,
    running: true,
    session: session('ready'),
    approvals: [{ code: 'VKQM-FXCH', session: 'k3mq7hx2v9wd', email, requestedAt: inMinutes(0), expiresAt: inMinutes(10) }],
  },
  checked: { ...ready, running: true, session: session('ready', { steps: checkedSteps }) },
} as const satisfies Record<string, PageState>;
