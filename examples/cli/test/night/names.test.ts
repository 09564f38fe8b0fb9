import { expect, it } from 'vitest'
import { baseName, maskName, splitName, uniqueNames } from '../../src/night/names.ts'

it('numbers equal names of different folders and keeps earlier ones', () => {
  const files = ['a/light.fits', 'b/Light.fits', 'c/light.fits.gz', 'd/light.fits', 'e/x.fit']
  const names = uniqueNames(files, baseName, new Map([['d/light.fits', 'light.fits']]))
  expect([...names.values()].sort()).toEqual([
    'Light-3.fits',
    'light-2.fits',
    'light.fits',
    'light.fits.gz',
    'x.fit',
  ])
  expect(names.get('d/light.fits')).toBe('light.fits')
})

it('names masks after their frames', () => {
  expect(maskName('a/b/Light 1.FITS.gz')).toBe('Light 1.mask.fits')
  expect([...uniqueNames(['a/x.fit', 'a/x.fits'], maskName).values()]).toEqual([
    'x.mask.fits',
    'x-2.mask.fits',
  ])
  expect(splitName('noending')).toEqual({ stem: 'noending', ending: '' })
})
