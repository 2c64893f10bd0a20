import { z } from 'zod';
import { problemSchema } from '../problem.ts';
import type { Answer, Route } from './route.ts';

type JsonObject = Record<string, unknown>;

/** The interface as an OpenAPI 3.1 document, made of the route table alone. */
export function openApiOf(routes: readonly Route[]): JsonObject {
  const components: JsonObject = {};
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const path = route.path.replace(/[:*](\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Proofground', version: '1', description: 'Errors are RFC 9457 problem documents with a permanent code.' },
    paths,
    components: { schemas: components, securitySchemes: { account: { type: 'apiKey', in: 'cookie', name: 'proofground-<instance>' } } },
  };
}

function operation(route: Route, components: JsonObject): JsonObject {
  const responses = Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, response(answer, components)]));
  const problem = {
    description: 'A problem',
    content: { 'application/problem+json': { schema: toJsonSchema(problemSchema, components) } },
  };
  return {
    summary: route.summary,
    ...(route.who === 'account' ? { security: [{ account: [] }] } : {}),
    parameters: [...route.path.matchAll(/[:*](\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: requestContent(route.body, components) } }),
    responses: { ...responses, default: problem },
  };
}

function requestContent(body: NonNullable<Route['body']>, components: JsonObject): JsonObject {
  if (body instanceof z.ZodType) return { 'application/json': { schema: toJsonSchema(body, components) } };
  return { 'application/octet-stream': { schema: { type: 'string', format: 'binary', maxLength: body.maxBytes } } };
}

function response(answer: Answer, components: JsonObject): JsonObject {
  const description = answer.meaning;
  if ('schema' in answer) return { description, content: { 'application/json': { schema: toJsonSchema(answer.schema, components) } } };
  if ('contentType' in answer) {
    const schema = answer.data === undefined ? { type: 'string' } : toJsonSchema(answer.data, components);
    return { description, content: { [answer.contentType]: { schema } } };
  }
  return { description };
}

/** The schema as JSON Schema; named schemas in it move to the components. */
function toJsonSchema(schema: z.ZodType, components: JsonObject): unknown {
  // Wrapped, so that a named schema at the top becomes a reference like any other.
  const made = z.toJSONSchema(z.object({ wrapped: schema }), { io: 'output', unrepresentable: 'any' }) as JsonObject;
  const moved = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
    $defs?: JsonObject;
    properties: { wrapped: unknown };
  };
  for (const [name, definition] of Object.entries(moved.$defs ?? {})) components[name] = withoutId(definition);
  return moved.properties.wrapped;
}

function withoutId(definition: unknown): unknown {
  return Object.fromEntries(Object.entries(definition as JsonObject).filter(([key]) => key !== 'id'));
}
