import { checkCamera } from './check-camera.ts';
import { quote, type ConfigFault, type ConfigPath } from './config-fault.ts';
import { didYouMean } from './did-you-mean.ts';
import { isLoopback } from './loopback.ts';
import { cameraId, cameraSchema, rtspSchema, serverSchema, userSchema } from './schema.ts';
import { isMapping, soundParts } from './sound-parts.ts';

/**
 * Checks what the schema cannot check because several settings are involved: who may listen where, which cameras a
 * user may see, what cameras need. Faulty settings are skipped.
 * @param values - the config before it is validated
 * @param isSecret - whether a value must not be shown
 */
export function checkConfig(values: unknown, isSecret: (path: ConfigPath) => boolean): ConfigFault[] {
  const config = isMapping(values) ? values : {};
  const server = isMapping(config['server']) ? config['server'] : {};
  const cameras = isMapping(config['cameras']) ? config['cameras'] : {};
  const users = Array.isArray(server['users']) ? (server['users'] as unknown[]) : [];
  const show = (path: ConfigPath, value: string): string => (isSecret(path) ? 'another' : quote(value));
  return [
    ...checkHost(['server', 'host'], soundParts(serverSchema, server).host, users.length > 0, show),
    ...checkHost(['rtsp', 'host'], soundParts(rtspSchema, config['rtsp']).host, users.length > 0, show),
    ...checkUsers(users, Object.keys(cameras), show),
    ...Object.entries(cameras).flatMap(([id, camera]) =>
      checkCamera(soundParts(cameraSchema, camera), Object.hasOwn(config, 'rtsp')).map((fault) => ({
        ...fault,
        path: ['cameras', id, ...fault.path],
      })),
    ),
    ...checkProto(cameras),
  ];
}

type Show = (path: ConfigPath, value: string) => string;

function checkHost(path: ConfigPath, host: string | undefined, hasUsers: boolean, show: Show): ConfigFault[] {
  if (host === undefined || hasUsers || isLoopback(host)) return [];
  const text = `expected 127.0.0.1, ::1 or localhost while server.users is empty but got ${show(path, host)}; \`chromafeed token\` makes a user`;
  return [{ path, at: 'value', text }];
}

function checkUsers(users: readonly unknown[], cameras: readonly string[], show: Show): ConfigFault[] {
  const sound = users.map((user) => soundParts(userSchema, user));
  return sound.flatMap((user, i) => {
    const path = ['server', 'users', i];
    const first = (key: 'name' | 'tokenHash'): number =>
      user[key] === undefined ? i : sound.findIndex((other) => other[key] === user[key]);
    return [
      ...(first('name') < i
        ? [
            fault(
              [...path, 'name'],
              `expected a unique name but got the name of server.users[${first('name')}]`,
            ),
          ]
        : []),
      ...(first('tokenHash') < i
        ? [
            fault(
              [...path, 'tokenHash'],
              `expected a unique token but got the token of server.users[${first('tokenHash')}]`,
            ),
          ]
        : []),
      ...(user.cameras ?? []).flatMap((id, k) => {
        if (id === '*' || cameras.includes(id)) return [];
        const at = [...path, 'cameras', k];
        const shown = show(at, id);
        const hint = shown === 'another' ? '' : didYouMean(id, cameras.filter(isId));
        return [fault(at, `expected the id of a camera or "*" but got ${shown}${hint}`)];
      }),
    ];
  });
}

/** zod silently ignores this one key of a record. */
function checkProto(cameras: Readonly<Record<string, unknown>>): ConfigFault[] {
  return Object.hasOwn(cameras, '__proto__')
    ? [{ path: ['cameras', '__proto__'], at: 'key', text: 'expected another id' }]
    : [];
}

/** The text in place of an id may be an address with a password. */
function isId(text: string): boolean {
  return cameraId.safeParse(text).success;
}

function fault(path: ConfigPath, text: string): ConfigFault {
  return { path, at: 'value', text };
}
