import { stringify } from 'yaml';
import { ciIssuerUrl, issuerUrl, signingClientId } from '../lab-hosts.ts';

/** Claims of a workflow run's token to certificate extensions, as the public instance does for GitHub. */
const workflowExtensions = {
  'github-workflow-trigger': 'event_name',
  'github-workflow-sha': 'sha',
  'github-workflow-name': 'workflow',
  'github-workflow-repository': 'repository',
  'github-workflow-ref': 'ref',
  'build-signer-uri': '{{ .url }}/{{ .job_workflow_ref }}',
  'build-signer-digest': 'job_workflow_sha',
  'runner-environment': 'runner_environment',
  'source-repository-uri': '{{ .url }}/{{ .repository }}',
  'source-repository-digest': 'sha',
  'source-repository-ref': 'ref',
  'source-repository-identifier': 'repository_id',
  'source-repository-owner-uri': '{{ .url }}/{{ .repository_owner }}',
  'source-repository-owner-identifier': 'repository_owner_id',
  'build-config-uri': '{{ .url }}/{{ .workflow_ref }}',
  'build-config-digest': 'workflow_sha',
  'build-trigger': 'event_name',
  'run-invocation-uri': '{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}',
  'source-repository-visibility-at-signing': 'repository_visibility',
};

/** Fulcio's configuration: learners by e-mail, workflow runs by their workflow. YAML, since Fulcio takes JSON for a format of its own. */
export function buildFulcioConfig(): string {
  return stringify({
    'oidc-issuers': {
      [issuerUrl]: { 'issuer-url': issuerUrl, 'client-id': signingClientId, type: 'email' },
      [ciIssuerUrl]: { 'issuer-url': ciIssuerUrl, 'client-id': signingClientId, type: 'ci-provider', 'ci-provider': 'lab-workflow' },
    },
    'ci-issuer-metadata': {
      'lab-workflow': {
        'default-template-values': { url: 'https://git.lab' },
        'extension-templates': workflowExtensions,
        'subject-alternative-name-template': '{{ .url }}/{{ .job_workflow_ref }}',
      },
    },
  });
}
