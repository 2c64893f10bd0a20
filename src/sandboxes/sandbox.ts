import type { Stage } from '../shared/progress.ts';
import type { Need } from './sandbox-spec.ts';

/** Titles of the stages of a start, in the order in which a person reads them; several run at the same time. */
const stageTitles = {
  network: 'Isolating the network',
  link: 'Linking the signing services',
  registry: 'Starting the registry',
  builder: 'Starting the image builder',
  'cluster-node': 'Creating the Kubernetes node',
  'cluster-admission': 'Installing the image policy controller',
  toolbox: 'Opening the toolbox',
  files: 'Putting your files in place',
} as const satisfies Record<string, string>;

export type SandboxStage = keyof typeof stageTitles;

/** Milliseconds that stages took before, by name; stages that never ran are absent. */
export type StageDurations = Readonly<Partial<Record<string, number>>>;

const optionalStages: Partial<Record<SandboxStage, Need>> = {
  registry: 'registry',
  builder: 'builder',
  'cluster-node': 'cluster',
  'cluster-admission': 'cluster',
};

/** The stage with its title and how long it usually takes. */
export function stageOf(stage: SandboxStage, expectedMs: StageDurations = {}): Stage {
  const expected = expectedMs[stage];
  return { stage, title: stageTitles[stage], ...(expected === undefined ? {} : { expectedMs: expected }) };
}

/** Every stage that a sandbox with these needs goes through. */
export function stagesFor(needs: readonly Need[], expectedMs: StageDurations = {}): readonly Stage[] {
  const names = Object.keys(stageTitles) as SandboxStage[];
  const wanted = names.filter((name) => {
    const need = optionalStages[name];
    return need === undefined || needs.includes(need);
  });
  return wanted.map((name) => stageOf(name, expectedMs));
}
