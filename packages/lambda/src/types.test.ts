import middy from "@middy/core";
import type {
  APIGatewayProxyHandlerV2,
  APIGatewayProxyResultV2,
  Context,
  SQSEvent,
  SQSHandler,
} from "aws-lambda";
import type { Byname } from "byname";
import { expectTypeOf, test } from "vitest";
import { streamWithByname, withByname } from "./index.ts";
import { bynameMiddleware } from "./middy.ts";

const options = { services: { orders: {} }, sources: ["fixed"] } as const;

test("a handler is typed by AWS's own types, or by its parameters", () => {
  const byType: SQSHandler = withByname(options, async (event, context, byname) => {
    expectTypeOf(event).toEqualTypeOf<SQSEvent>();
    expectTypeOf(context).toEqualTypeOf<Context>();
    expectTypeOf(byname).toEqualTypeOf<Byname>();
  });
  const answers: APIGatewayProxyHandlerV2 = withByname(options, async () => ({ statusCode: 200 }));
  const byParameters = withByname(
    options,
    async (event: SQSEvent, _context: Context, _byname) => event.Records,
  );
  expectTypeOf(byParameters).parameters.toEqualTypeOf<[event: SQSEvent, context: Context]>();
  expectTypeOf(byParameters).returns.resolves.toEqualTypeOf<SQSEvent["Records"]>();
  expectTypeOf(answers).returns.extract<Promise<unknown>>().resolves.toEqualTypeOf<APIGatewayProxyResultV2>();
  expectTypeOf(byType).toBeFunction();
});

test("a streaming one goes into Lambda's decorator", () => {
  const wrap = () =>
    awslambda.streamifyResponse(
      streamWithByname(
        options,
        async (_event: SQSEvent, stream: awslambda.HttpResponseStream, _context: Context, byname) => {
          expectTypeOf(byname).toEqualTypeOf<Byname>();
          stream.end();
        },
      ),
    );
  expectTypeOf(wrap).returns.toBeFunction();
});

test("Middy's handler knows byname of its context", () => {
  const handler = middy<SQSEvent>()
    .use(bynameMiddleware(options))
    .handler(async (_event, { byname, awsRequestId }) => {
      expectTypeOf(byname).toEqualTypeOf<Byname>();
      return awsRequestId;
    });
  expectTypeOf(handler).toBeFunction();
});
