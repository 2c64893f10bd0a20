import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findVariables, markCodeBlocks, readCodeBlockMarks } from '../../../src/workspace/code-blocks.ts';

describe('the words after the language of a code block', () => {
  it('ask for a run button only when they say run', () => {
    assert.equal(readCodeBlockMarks('run').run, true);
    assert.equal(readCodeBlockMarks('').run, false);
    assert.equal(readCodeBlockMarks('expect="run it"').run, false);
  });

  it('name the file of the block and a failure that is meant', () => {
    assert.deepEqual(readCodeBlockMarks('run expect-error file="my policy.yaml" timeout=5'), {
      run: true,
      expectError: true,
      file: 'my policy.yaml',
    });
  });
});

describe('variables', () => {
  const text = 'cosign verify --certificate-identity {{session.email}} {{ registry }}/app {{UPPER}} {{{x}}';

  it('are found with their place', () => {
    assert.deepEqual(
      findVariables(text).map(({ name, start, end }) => [name, text.slice(start, end)]),
      [
        ['session.email', '{{session.email}}'],
        ['registry', '{{ registry }}'],
        ['x', '{{x}}'],
      ],
    );
  });

  it('and options become marked spans of the highlighted block', () => {
    const options: { decorations?: unknown[]; meta?: { __raw?: string } } = { meta: { __raw: 'run' } };
    const step = markCodeBlocks();
    step.preprocess('crane --full-ref {{registry}}/app', options);
    assert.deepEqual(options.decorations, [
      { start: 17, end: 29, alwaysWrap: true, properties: { class: 'variable', 'data-variable': 'registry' } },
      { start: 6, end: 16, alwaysWrap: true, properties: { class: 'option' } },
    ]);
    const element = { properties: {} as Record<string, unknown> };
    step.pre.call({ options }, element);
    assert.deepEqual(element.properties, { tabindex: '0', 'data-run': '' });
  });
});
