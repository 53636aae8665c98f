import { inflateSync } from 'node:zlib';

/** Size of a glyph, pixels. */
export const glyphWidth = 10;
export const glyphHeight = 18;

/**
 * DejaVu Sans Mono Bold at 15 px (Bitstream Vera licence, free to embed), code points 32 to 95: coverage 0..255,
 * `[64][18][10]`, deflated. A machine that runs Chromafeed may have no font at all.
 */
const packed = [
  'eNrdmnlclNUax58ZFkcZE03BHUtCLc29THNvUdOyXLJdE7drpaa5hUZpqVm3UstILUpzxbRMq6uGdi1wF0UERUVcWETAcQZmYeZ3',
  'z/a+uHQVfbvW7fmD+X7mvOe8h+d93nN+z3OG6G9jExF9nTQKExQ9iYGK2hU+eMXINdvUvsooN2698SF9iN7XpFoDmlPzAbX+In6e',
  '4wsejyacdh2gtQVmBkGeGMpdTxQOZVR97VGsS8bmtaz1+2yaXxLEO2R/Rzv2s8/V63B0rStrbS0qUR0aEn1SUnE8Ivhl+/bS2rMc',
  'Kno/ptxv/4hJ26vqFCI+ys3NgWNPS0ZROFWSUMj9/DPa2qtaQxl9g4VFskd7J5A51Z9j4/leYLYa5VHfGfYRWY/sDTz5jDb5DnsL',
  'sZg/t43nkL+48iV341RNo1lBZZnxrSb5WTcJma0EfXlkSMJ2Qd/82nRFCvsMoNb5cPYx9YrvT1S5U9jAXfPqsq+trx6cGVKFQYvD',
  'UcG3/oYjEWSpQDQ7a2DyetF//Rc0NkNQdGHU8RWCgpbbNtUw6OU+SUV5czlEeHDoxDZOA7CFqB6n5jhnVdelYpaEhYCnCQVXpp74',
  'ZRoSzIkZ9CX6BaZixJEdtAHPUxfY8R59gJTq7OkU16HbbXBns3hpy8bbWORM3ohfjYbGaIwuE0UMiPjrLHYtfMqDFO+uKaElvldf',
  'fYxBitLQQEJFOFU8heOMamyITEXVcEEbOBfVFcWhl6InsECRf2ZeOYXPYYgi06P3lmHGb6GNdrfiBO3L1fxBCnsaixTVQ4bWbIP2',
  '2h7HXYoOo5mis1DLcmUUmiU9pPtgHp6SEJCVpab8PCJVY+vHzGVzcz2I0KWx9RnVH0vkt8G5EAudG/zYl91tuPAIb+242wbbnk6s',
  '9dicpmg65xhrDRJ95Zt+y7hb/uRwuS+2g6JndSdcQdPVWjyTxqSnZyM3PX3cNXr8Za1qPW21jUXcFRSPV1RsFOWUVw7CpJv5OLp1',
  '69ZO0C7m7+TL6P/SvsxYouhHbLqCDNrXBWrLrOXWlr0ZnjoSKpxbpr76B+5RC1LaNvVVT/RRtPm4n4SmGKMFxHn1Woa6/qktUiXy',
  'fSdLbpyB+fY84DzYW9zMzZ6qp4WIvnXBceA+OoFu1BlZRIE+1KfaQBDdCnQr6AnUpKrAQ6e7cyptZT0epk68Bxvlu+BVYpTSkaln',
  'siult1EXt16Wg1OCxrGBJT02dZgiolY3TAGWtjhlsZj57IX1vpgMKf6E/IJfunLKQ1Y+SvheMiOcym3CF+qKSdig6HvM0ELCXldA',
  'o0Jff/n4j6uQqLBDXWRei1iLxRJI1EBONJHvlhoZsjE7C2zbxf+9RYzXjdGI9kG3fIOVmohCvAhia9h6TJU7Noo+LKcICeHysuD3',
  'oG2jleENJOvYRkEVXofDzGOI2zwWxfNT7ReSRgcYfwNHConOnVWg0RJHsaTOmJgnKDAlJUDSZHQiQbWLlpCkTvCWMLVf8jQjac/K',
  'ofPUeL9PN2qf6re4mFpYRCAyaqxfd+T05o56Dw/HR1oHRWzDVk1qwanobrjY38HVqeYG/MYlPTyA9wHe93CRfUsXw14OXZjtTOFB',
  'GZQK31kmfIkmYGcNCuUCK4H5VKUSeCfDsfpW9mqxGed5sZQ9abBVoQO8TGG7+GuVyfVSqqTbiD7DUlNH2Fka08SFAi/e5sM8uMuZ',
  '+77B2PCXjzJbpxN88WS2GPPVSnoe90vqh+NKg66VE2CR68KdkoZijxpyK8ZKqOPzKmk7Qd9I9uvS1ogNSXGkDObQn/kPeEJkfKNo',
  'BNYw2shi4w7xfF/GzKBpMuObx/61dXwT6u/1Zfly+eadiS7UwXeEpZLgCWAWKrIEFw9QF59NyF1frg8f8fVvUlpR+psWg1MOeC/b',
  'ubs7p2mwJ8PNVn6zzdec5uIr9pZxTd+D6+b6OMf1utePAt0YFPwjwPa4BfLRsPmVn5OeNNLnUo+hvfB5m5oUmogpQgCyKR/lm+Lj',
  'h1w5sTVvnnr4Pc3wefqXf5beuIqVzqqs9w2tF3qVHklyjWeLp9umagbNtOz4D7CK6mNkihDsjebZ4Hmc/HpvAg6NZ/N6BhcWyhRs',
  'AFxxPaRG6hTnwekZMtutNY2l2wNUDD7162B95MCbLDCfVbtGJPVKldb3otbH0qX1u+i6m2EVTfr80kZVktTDDft8ma6GjE0G4vuK',
  '8hHdG3Mewn/mh1c4ecExfPpJlKxh+8fjQO47QpU8k/icylYD/qAJTtjnyIj2E8LHcxbgKd0Dr1eisXoEjuMrCLd77A5R1qOwPE9P',
  'LYvW0qItaKVoeeodiu5qo7InStT301IyYu3GTRRa3rqBP8rJfMtwjwmuvtJ9O1MP48kUEoLnacF5670nsdc9mZK+NaWdGboUUZQ7',
  'tw4Tc4H2KMqfHsZjIC+Kjn5mPvnbbUNZ65qDPGnP9UTRC2zxvqVVcPswsqSd5FqDV1eb5DpXzlzt4oFffc5x14kF11NyNeXD5qcy',
  'DKC1oFdwSjicFzqmYJ24LNcX6hHliruQQnvRXCQusRQj6kwrYM++IHahLBHE50xMgZ4388GbsC1yI2vYgJfoa0xjNAVxhpzMdaL7',
  '6OyKglKPlvDqJSOmf1BslsT+WAUFDMMBUspya2PVw22boHrUymO5lyDazJJr2TebxTi/7ogTtrqir69gcyejocG2U+dpvq/SUj6Z',
  'PCFA8VHE/bxOHCN2NO7d7Xp9/iiGKTqGoYpKWz/Te3Tlo3TmvmePQY1MgVGHXafnGJwyk5WnlzeVxKyoraAO7VOwXVBjasMzPkFm',
  'N5MQgpiY6KcoRyM/vfU+oIYc5aDIScTIxXJkz5kVzYy6eZtcRa2X0nAu7URrpH4d/85f77HwMiq97tIelv9yDyMWJ0cJv5Sm87uZ',
  'OEXr1/HvAvQemy6j0uvKRoYsJOZM0d4X+UqdBpV5vwn38LAOy0X99n0ZnUE+Tf3XARqEFBYWdqW6QER1kUJW8KEjL6Z345r/XUVv',
  'wPl82A+crKnin+OZcsiiHNeBIYbjuTFPRS3XptbWuxUJu4zKOopGRmyTuO22SyjAMhcLLFLIfIhP1ZXXS6Wj/N49DNlLupApJT+L',
  'Zbv+LiVeD1Xjr9chngm3Ovho7WeA9rxIwy2Dvb9BE/c6bD/caXDG7EH5U+VMJhsErcIms6DByK0hWhvZfd3ldXsQo9U05CEOo4Ji',
  'EaWM+n0iEnDet56HR7cY7ytsVtTIh3aS2N76k1Fpue9/Rkl89fHT5evoi8mADQT6UG9gOKe59IEkxwHa4xC01Rfu3SJoljcWMwVF',
  '7S85Mk5SDBYr6hLbXZGQgtciI1ZPVGG2sVWZ0XqdPFUV5bDxJSXu/EWjMb46imp4X1NEm/doNBjZioKdUERrdOon9gBjwZHiTHtR',
  'pBjisfHqzF6sabSKqTcKZfHMg7AudYCHrdJFeJBdViDkW39GvC7Ad/GOemsor57V5z3YKKsbruSj8OfI7ElxqpbqOvyi0WVjH9N1',
  'J2KqCXIwt+wxcRpgYmlGO0FEp3n+ISgLLwgqPwi8fr5PzCVB9j27f3YwqevUyFcjo35OHVjq5766nw+W1c99dD931f1cQ/Nzsu7n',
  'fuIsMNWN3epEwG+jVquiKv+6juzFIvTzu+UF2VzAZ4LCTdNxXhJXaQGC/GbgpPjO4YH3BdkXviFylPBI5JRXPXZgpKKBOOonyXKO',
  'BYcgeh+7DBbsXkstyviqqahQwe7FdHHm+wwFjXiZqV1AO+M+gvTBFWQ662B5yKtSe8w5D031WBfBzpzNs9XaQAj5pzxRjm1TDhOv',
  'BJY4+KrElqn4XEfK6wa37gFKMwy8iEz+/h8hxt/fZGzvvhbdsLVBoYjJToaotaL2FAFPAPkVsyzQ/wJm1X8bxcypHwln8LkGvnvK',
  'c/oDg36eBP5rnZV4gyVULFgpnWlHqxfVqJIPVYgOiFOoNOL1xMk0VlQNIlkK+jWPWGqCY0xb8N/TmG2o4y0W5Yuf8Yb6fcYMnBBS',
  'Vr7e8tyFa9cwg3625YuPHKfpIISQcx+jn8TvAiri30wHtxyP6DAsZ2K4Ryy+bcbmMBiDdrgyu+BVeggTL6zCcPZuNcJqPIJVuJ+s',
  'yHP6n8vjNfNC7OY6rhz/zz+n2Tgrku9R9BSSjM35NVFcjmd7quUUerFp5Fh5/TvJvFOcS/sfxjJkiH/mSeYhWe827UWqXK7KnUC2',
  'fDFHsVZRngnKwVvI5yt1FOLpR15cr1KI+6iFzx5Cs0TdYZUoRd+4rRc/AfmYJUgdUFyNgu1sBaYETKHx2MvrxciqkCn2AXMqvsMx',
  'MdVINr+RslZ4BrnltYrSwpv1Dmq5xnCdhsmziQ9QIH/kcqdbqwjEY5us5D0Hl9TAlbLxljblw7Im18KLzvJ8cDuWWETaq84H2aLY',
  'UCeDlg1NPrIZRGpkpZtJ2gzGRUdfW/NVOKfXod7Rzs+ppls7U6cl2jk7tdTP3mmrdh7PdmXtjN6crmdMr2hn+WQt1M73abZ25k91',
  'PXqJfEVB0A25ORFiceWb1FSN2NZ1E6l0BpHR0RPLNOmHo3tIqH8BDnFE6p+IJOwOFOdCi0yf8Oy/XckyM5lifcbPI/8O1lAzk/bj',
  'VFj6amb+D8gEy4E=',
];

let unpacked: Uint8Array | undefined;

/** Coverage of a character's pixels, `[18 * 10]`, 0..255; lower case is shown as upper case, unknown ones as "?". */
export function glyph(character: string): Uint8Array {
  unpacked ??= inflateSync(Buffer.from(packed.join(''), 'base64'));
  const code = character.toUpperCase().charCodeAt(0);
  const index = code >= 32 && code < 96 ? code - 32 : 31;
  const bytes = glyphWidth * glyphHeight;
  return unpacked.subarray(index * bytes, (index + 1) * bytes);
}
