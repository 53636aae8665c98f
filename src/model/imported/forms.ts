/** How an imported network expects its gray picture. `L` is CIE lightness, 0..100; `rgb` is gray in three channels. */
export const inputForms = ['L', 'L-50', '(L-50)/100', 'rgb-0..1', 'rgb-0..255'] as const;

export type InputForm = (typeof inputForms)[number];

/** How it returns colour. `ab` is CIE a*, b* in their own units, also divided by 110 or 128; `rgb` is a colour picture. */
export const outputForms = ['ab', 'ab/110', 'ab/128', 'rgb-0..1', 'rgb-0..255'] as const;

export type OutputForm = (typeof outputForms)[number];
