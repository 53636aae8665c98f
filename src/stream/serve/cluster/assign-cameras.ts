/** Decides which machine should have which camera. Every machine computes the same from what all see. */

/** A camera that may be assigned. */
export interface AssignableCamera {
  readonly id: string;
  /** Who has it now; undefined, or a machine that is gone: nobody. */
  readonly holder: string | undefined;
  /** The only machine that may have it; undefined: any. */
  readonly only: string | undefined;
}

/** A machine that may have cameras. */
export interface AssigningMachine {
  readonly name: string;
  readonly weight: number;
}

/** A camera that should go from one machine to another. */
export interface CameraMove {
  readonly camera: string;
  readonly from: string;
  readonly to: string;
}

export interface CameraAssignment {
  /** Who takes each camera that nobody has. */
  readonly takes: ReadonlyMap<string, string>;
  /** The one move that improves the balance most; undefined: the balance is good enough. */
  readonly move: CameraMove | undefined;
}

/**
 * A camera moves only if its new machine is then at most this full, compared with its old machine before. Moving it back
 * would need the opposite, so no camera goes back and forth.
 */
const clearlyLess = 0.9;

/**
 * Shares cameras among machines by their weights. Cameras that somebody has stay there, except for one move at most.
 * How full a machine is: its cameras divided by its weight.
 */
export function assignCameras(
  cameras: readonly AssignableCamera[],
  machines: readonly AssigningMachine[],
): CameraAssignment {
  const sorted = cameras.toSorted((a, b) => compare(a.id, b.id));
  const loads = new Map(machines.map(({ name }) => [name, 0]));
  const holders = new Map<string, string>();
  const count = (camera: string, machine: string): void => {
    holders.set(camera, machine);
    loads.set(machine, (loads.get(machine) ?? 0) + 1);
  };
  for (const { id, holder } of sorted) if (holder !== undefined && loads.has(holder)) count(id, holder);
  const takes = new Map<string, string>();
  // Cameras with a machine of their own come first: the others are shared around them.
  const free = sorted.filter(({ id }) => !holders.has(id));
  for (const { id, only } of [...free.filter(isPinned), ...free.filter((camera) => !isPinned(camera))]) {
    const machine = isPinned({ only })
      ? machines.find(({ name }) => name === only)
      : emptiest(machines, loads);
    if (machine === undefined) continue;
    count(id, machine.name);
    takes.set(id, machine.name);
  }
  return { takes, move: moveHome(sorted, holders, loads) ?? balance(sorted, { machines, loads, holders }) };
}

/** A camera that is not on its own machine goes there. */
function moveHome(
  cameras: readonly AssignableCamera[],
  holders: ReadonlyMap<string, string>,
  loads: ReadonlyMap<string, number>,
): CameraMove | undefined {
  for (const { id, only } of cameras) {
    const from = holders.get(id);
    if (only !== undefined && from !== undefined && from !== only && loads.has(only))
      return { camera: id, from, to: only };
  }
  return undefined;
}

function balance(
  cameras: readonly AssignableCamera[],
  state: {
    readonly machines: readonly AssigningMachine[];
    readonly loads: ReadonlyMap<string, number>;
    readonly holders: ReadonlyMap<string, string>;
  },
): CameraMove | undefined {
  const { machines, loads, holders } = state;
  const to = emptiest(machines, loads);
  if (to === undefined) return undefined;
  const fullness = ({ name, weight }: AssigningMachine): number => (loads.get(name) ?? 0) / weight;
  const fullAfter = ((loads.get(to.name) ?? 0) + 1) / to.weight;
  const fullest = machines.toSorted((a, b) => fullness(b) - fullness(a) || compare(a.name, b.name));
  for (const from of fullest) {
    if (fullAfter > fullness(from) * clearlyLess) return undefined;
    const camera = cameras.findLast(({ id, only }) => only === undefined && holders.get(id) === from.name);
    if (camera !== undefined) return { camera: camera.id, from: from.name, to: to.name };
  }
  return undefined;
}

/** The machine that is least full with one camera more. */
function emptiest(
  machines: readonly AssigningMachine[],
  loads: ReadonlyMap<string, number>,
): AssigningMachine | undefined {
  const fullAfter = ({ name, weight }: AssigningMachine): number => ((loads.get(name) ?? 0) + 1) / weight;
  return machines.toSorted((a, b) => fullAfter(a) - fullAfter(b) || compare(a.name, b.name))[0];
}

function isPinned({ only }: Pick<AssignableCamera, 'only'>): boolean {
  return only !== undefined;
}

/** By code units: the same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
