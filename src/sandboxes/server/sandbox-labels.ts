import type { Need } from '../sandbox-spec.ts';
import { needSchema } from '../sandbox-spec.ts';

/** The parts of a sandbox, each a container. */
export type Member = 'link' | 'registry' | 'toolbox' | 'builder' | 'cluster';

const prefix = 'dev.proofground';

/** Labels of the engine objects of a sandbox; enough to find, adopt and remove it without any other record. */
export const labelNames = {
  instance: `${prefix}.instance`,
  sandbox: `${prefix}.sandbox`,
  session: `${prefix}.session`,
  member: `${prefix}.member`,
  needs: `${prefix}.needs`,
  learner: `${prefix}.learner`,
  createdAtMs: `${prefix}.created-at-ms`,
} as const;

/** What the labels of a sandbox say. */
export interface SandboxIdentity {
  readonly instance: string;
  readonly id: string;
  readonly sessionId: string;
  readonly needs: readonly Need[];
  readonly email: string;
  readonly createdAtMs: number;
}

export function toLabels(identity: SandboxIdentity): Record<string, string> {
  return {
    [labelNames.instance]: identity.instance,
    [labelNames.sandbox]: identity.id,
    [labelNames.session]: identity.sessionId,
    [labelNames.needs]: identity.needs.join(','),
    [labelNames.learner]: identity.email,
    [labelNames.createdAtMs]: String(identity.createdAtMs),
  };
}

/** The identity that labels carry; undefined when they are not those of a sandbox. */
export function fromLabels(labels: Readonly<Record<string, string>>): SandboxIdentity | undefined {
  const instance = labels[labelNames.instance];
  const id = labels[labelNames.sandbox];
  if (instance === undefined || id === undefined) return undefined;
  const needs = (labels[labelNames.needs] ?? '').split(',').map((need) => needSchema.safeParse(need).data);
  return {
    instance,
    id,
    sessionId: labels[labelNames.session] ?? '',
    needs: needs.filter((need) => need !== undefined),
    email: labels[labelNames.learner] ?? '',
    createdAtMs: Number(labels[labelNames.createdAtMs] ?? 0),
  };
}

/** Filter that finds everything of one sandbox, or of all sandboxes of the instance. */
export function sandboxFilter(instance: string, id = ''): Record<string, string> {
  return { [labelNames.instance]: instance, [labelNames.sandbox]: id };
}

/** Name of a sandbox's network; also the beginning of the names of its containers. */
export function networkName(instance: string, id: string): string {
  return `pg-${instance}-${id}`;
}

export function memberName(instance: string, id: string, member: Member): string {
  return `${networkName(instance, id)}-${member}`;
}
