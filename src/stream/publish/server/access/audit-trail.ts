import type { Logger } from '../../../../log/log.ts';

/** What the audit trail records. */
export type AuditAction =
  | 'signed in'
  | 'signed out'
  | 'wrong token'
  | 'camera added'
  | 'camera paused'
  | 'camera resumed'
  | 'camera removed'
  | 'masks set'
  | 'liveliness set';

export interface AuditFacts {
  readonly address: string;
  /** The user's name; for a wrong token the name that was tried, if any. */
  readonly user: string | undefined;
  readonly camera?: string;
  readonly by?: 'http' | 'rtsp';
}

/** The longest name that the trail repeats. */
const maxNameChars = 64;

/** Records who did what: one line each, at info, with the field `audit`. */
export function noteAudit(log: Pick<Logger, 'info'>, action: AuditAction, facts: AuditFacts): void {
  const user = facts.user?.replace(/\p{Cc}/gu, '').slice(0, maxNameChars);
  log.info({ audit: action, ...facts, user }, action);
}
