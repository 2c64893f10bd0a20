import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openApiOf } from '../../../src/http/server/openapi.ts';
import { routes } from '../../../src/routes.ts';

interface Document {
  readonly paths: Record<string, Record<string, { responses: Record<string, unknown>; requestBody?: unknown }>>;
  readonly components: { schemas: Record<string, unknown> };
}

describe('the OpenAPI document', () => {
  const document = openApiOf(routes) as unknown as Document;

  it('describes every route with every answer and body', () => {
    for (const route of routes) {
      const operation = document.paths[route.path.replace(/[:*](\w+)/g, '{$1}')]?.[route.method.toLowerCase()];
      assert.ok(operation, `${route.method} ${route.path}`);
      assert.deepEqual(
        Object.keys(operation.responses).filter((status) => status !== 'default'),
        Object.keys(route.answers),
      );
      assert.equal(operation.requestBody !== undefined, route.body !== undefined);
    }
  });

  it('refers only to schemas that it holds', () => {
    const text = JSON.stringify(document);
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
    assert.ok(references.includes('#/components/schemas/Session'));
    for (const reference of references) assert.ok(document.components.schemas[reference.replace('#/components/schemas/', '')], reference);
    assert.doesNotMatch(text, /"\$defs"/);
  });

  it('names each route once', () => {
    const names = routes.map((route) => `${route.method} ${route.path}`);
    assert.equal(new Set(names).size, names.length);
  });
});
