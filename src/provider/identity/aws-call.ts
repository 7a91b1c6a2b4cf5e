import { z } from 'zod';
import { readJson } from '../api.ts';
import type { ProviderResponse } from '../http.ts';
import { patiently } from '../patience.ts';
import { sigv4Headers } from '../signing/sigv4.ts';
import type { AwsContext, AwsIdentity } from './aws.ts';
import { type AwsService, isThrottle } from './aws-errors.ts';

/** What an AWS service refused, in the form that the AWS SDK gives its exceptions, so that both are read alike. */
export class AwsException extends Error {
  readonly $metadata: { httpStatusCode: number; requestId?: string };

  constructor(name: string, message: string, { status, headers }: ProviderResponse) {
    super(message);
    this.name = name;
    this.$metadata = { httpStatusCode: status, requestId: headers['x-amzn-requestid'] };
  }
}

export interface AwsCall {
  /** In the users' words. */
  service: AwsService;
  /** As in the signature's scope: `sts`, `secretsmanager`, … */
  signingName: string;
  region: string;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string;
  identity: () => Promise<AwsIdentity>;
}

/**
 * A signed POST, for services whose SDK is not worth its size. Repeats what AWS throttles; when AWS says that the signature's time
 * is wrong, once more by AWS' own time. All calls made here end the same when they are repeated.
 *
 * @throws AwsException; TransportError
 */
export async function callAws(ctx: AwsContext, call: AwsCall, refusalOf: (answer: ProviderResponse) => AwsException): Promise<string> {
  let offset = 0;
  return patiently(
    ctx,
    async () => {
      for (;;) {
        const answer = await sendSigned(ctx, call, offset);
        if (answer.status === 200) return answer.text;
        const refusal = refusalOf(answer);
        const time = Date.parse(answer.headers['date'] ?? '');
        const clockWrong = /signature (?:expired|not yet current)/i.test(refusal.message);
        if (!clockWrong || offset !== 0 || Number.isNaN(time)) throw refusal;
        offset = time - ctx.clock.now();
      }
    },
    isThrottle,
  );
}

async function sendSigned(ctx: AwsContext, { signingName: service, region, url, headers, body, identity }: AwsCall, offset: number) {
  const { accessKeyId, secretAccessKey, sessionToken } = await identity();
  const key = { accessKeyId, secretAccessKey, sessionToken };
  return ctx.http.send(url, {
    method: 'POST',
    headers: sigv4Headers({ method: 'POST', url, headers, body, ...key, region, service, now: ctx.clock.now() + offset }),
    body,
    idempotent: true,
    // A page of listings is larger than what other APIs answer.
    maxBytes: 16 * 1024 * 1024,
    signal: ctx.signal,
  });
}

/** AWS is not of one mind about the case. */
const jsonRefusal = z.object({
  __type: z.string().regex(/^[\w.#-]{1,200}$/),
  message: z.string().nullish(),
  Message: z.string().nullish(),
});

/**
 * An operation of a service that speaks AWS JSON 1.1.
 *
 * @param target `X-Amz-Target`: prefix and operation
 * @throws AwsException; RegistryError `invalid_answer`; TransportError
 */
export async function callAwsJson<T>(
  ctx: AwsContext,
  { target, input, ...call }: Omit<AwsCall, 'headers' | 'body'> & { target: string; input: unknown },
  schema: z.ZodType<T>,
): Promise<T> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const text = await callAws(ctx, { ...call, headers, body: JSON.stringify(input) }, jsonException);
  return readJson({ service: call.service, method: 'POST', url: call.url }, text, schema);
}

/** `{"__type": "…#Code", "message": …}`; of what is no such thing, the status. */
function jsonException(answer: ProviderResponse): AwsException {
  try {
    const { __type: type, message, Message } = jsonRefusal.parse(JSON.parse(answer.text));
    return new AwsException(type.replace(/^.*#/, ''), message ?? Message ?? '', answer);
  } catch {
    // A gateway's page, perhaps.
    return new AwsException(`status ${answer.status}`, '', answer);
  }
}
