import type { RequestHandler } from 'express';
import type { Config } from '../config/schema.ts';
import type { SenderAddresses } from './schema-answers.ts';

/** `GET /v1/ncs/ip`: where callbacks come from, as the operator has set it. */
export function senderAddresses({ callbackSenderAddresses }: Pick<Config, 'callbackSenderAddresses'>): RequestHandler {
  const hosts = callbackSenderAddresses.map((primaryIP) => ({ primaryIP }));
  const body: SenderAddresses = { data: { service: { hosts } } };
  return (_request, response) => void response.json(body);
}
