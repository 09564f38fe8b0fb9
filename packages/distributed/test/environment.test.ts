import { describe, expect, it } from 'vitest'
import { placeFromEnvironment } from '../src/environment.ts'

const good = { MASTER_ADDR: 'job-0.svc', WORLD_SIZE: '4', RANK: '2' }

describe('placeFromEnvironment', () => {
  it("reads torchrun's variables", () => {
    expect(placeFromEnvironment({ ...good, MASTER_PORT: '1234', NEBULIFT_TOKEN: 't' })).toEqual({
      ...{ index: 2, world: { min: 4, max: 4 }, token: 't' },
      master: { host: 'job-0.svc', port: 1234 },
    })
  })

  it("reads Kubeflow's, and those of an Indexed Job", () => {
    const env = {
      ...{ PET_MASTER_ADDR: 'a', PET_MASTER_PORT: '77', PET_NNODES: '2:4', PET_NODE_RANK: '3' },
      ...{ JOB_COMPLETION_INDEX: '3', POD_IP: '10.1.2.3', NEBULIFT_TOKEN_FILE: '/token' },
    }
    expect(placeFromEnvironment(env)).toEqual({
      ...{ index: 3, world: { min: 2, max: 4 }, master: { host: 'a', port: 77 } },
      ...{ host: '10.1.2.3', tokenFile: '/token' },
    })
  })

  it('knows the usual port', () => {
    expect(placeFromEnvironment(good).master).toEqual({ host: 'job-0.svc', port: 29500 })
  })

  it('is alone where nothing is said', () => {
    expect(placeFromEnvironment({ PATH: '/bin' })).toMatchObject({
      ...{ index: 0, world: { min: 1, max: 1 } },
    })
  })

  it('lets flags go before the environment', () => {
    const flags = {
      index: 1,
      nodes: '1:3',
      masterAddr: 'b',
      masterPort: 5,
      token: 'f',
      ringPort: 0,
    }
    const env = { ...good, MASTER_PORT: 'nonsense', NEBULIFT_TOKEN_FILE: '/token' }
    expect(placeFromEnvironment(env, flags)).toEqual({
      ...{ index: 1, world: { min: 1, max: 3 }, master: { host: 'b', port: 5 } },
      ...{ token: 'f', ringPort: 0 },
    })
  })

  it.each([
    [{ MIN_NODES: '2' }, { min: 2, max: 4 }],
    [
      { MIN_NODES: '2', MAX_NODES: '8' },
      { min: 2, max: 8 },
    ],
    [
      { PET_NNODES: '1:4', WORLD_SIZE: '' },
      { min: 1, max: 4 },
    ],
  ])('reads bounds from %j', (more, world) => {
    expect(placeFromEnvironment({ ...good, ...more }).world).toEqual(world)
  })

  it.each([
    [
      { WORLD_SIZE: '0' },
      'WORLD_SIZE is "0", wanted a number of processes up to 1024, or the least and most such as 2:4',
    ],
    [
      { WORLD_SIZE: '4x' },
      'WORLD_SIZE is "4x", wanted a number of processes up to 1024, or the least and most such as 2:4',
    ],
    [
      { WORLD_SIZE: '4:2' },
      'WORLD_SIZE is "4:2", wanted a number of processes up to 1024, or the least and most such as 2:4',
    ],
    [
      { WORLD_SIZE: '9'.repeat(30) },
      `WORLD_SIZE is "${'9'.repeat(30)}", wanted a number of processes up to 1024, or the least and most such as 2:4`,
    ],
    [{ RANK: '4' }, 'RANK is "4", wanted a whole number from 0 to 3'],
    [{ RANK: '-1' }, 'RANK is "-1", wanted a whole number from 0 to 3'],
    [{ JOB_COMPLETION_INDEX: '1' }, 'RANK is 2, but JOB_COMPLETION_INDEX is 1'],
    [{ PET_NNODES: '3' }, 'WORLD_SIZE is 4, but PET_NNODES is 3'],
    // What Kubernetes sets where a Service is called `master`.
    [
      { MASTER_PORT: 'tcp://10.0.0.1:80' },
      'MASTER_PORT is "tcp://10.0.0.1:80", wanted a whole number from 1 to 65535',
    ],
    [{ MASTER_PORT: '65536' }, 'MASTER_PORT is "65536", wanted a whole number from 1 to 65535'],
    [
      { MASTER_ADDR: 'http://x' },
      'MASTER_ADDR is "http://x", wanted a host name or address, without a port',
    ],
    [
      { POD_IP: '10.0.0.1/24' },
      'POD_IP is "10.0.0.1/24", wanted a host name or address, without a port',
    ],
    [{ MIN_NODES: '5' }, 'MIN_NODES is "5", wanted a whole number from 1 to 4'],
    [
      { WORLD_SIZE: '3:4', MAX_NODES: '2', RANK: '0' },
      'MAX_NODES is "2", wanted at least 3, the least of WORLD_SIZE',
    ],
    [
      { NEBULIFT_TOKEN: 'a', NEBULIFT_TOKEN_FILE: 'b' },
      'got both NEBULIFT_TOKEN and NEBULIFT_TOKEN_FILE, wanted one of them',
    ],
    [{ WORLD_SIZE: '' }, 'nothing says how many processes there are: wanted --nodes or WORLD_SIZE'],
    [
      { RANK: '' },
      'nothing says the index of this process: wanted --rank or RANK or JOB_COMPLETION_INDEX',
    ],
    [{ MASTER_ADDR: ' ' }, 'nothing says where index 0 is: wanted --master or MASTER_ADDR'],
    [
      { WORLD_SIZE: '', MIN_NODES: '2' },
      'nothing says the most processes: wanted --nodes or WORLD_SIZE or MAX_NODES',
    ],
  ])('says what is wrong with %j', (changes, message) => {
    const read = () => placeFromEnvironment({ ...good, ...changes })
    expect(read).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT', message }))
  })

  it.each([
    [{ index: 4 }, '--rank is "4", wanted a whole number from 0 to 3'],
    [{ nodes: '4x' }, '--nodes is "4x", wanted a number of processes'],
    [{ masterPort: 0 }, 'the port of --master is "0", wanted a whole number from 1 to 65535'],
    [{ masterAddr: 'a b' }, 'the host of --master is "a b", wanted a host name or address'],
    [{ host: 'a b' }, '--host is "a b", wanted a host name or address'],
    [{ ringPort: -1 }, '--ring-port is "-1", wanted a whole number from 0 to 65535'],
  ])('names the flags of the command: %j', (flags, message) => {
    expect(() => placeFromEnvironment(good, flags)).toThrow(message)
  })

  it('names flags as they are written', () => {
    const read = () => placeFromEnvironment(good, { minNodes: 7 })
    expect(read).toThrow('--min-nodes is "7", wanted a whole number from 1 to 4')
    expect(() => placeFromEnvironment(good, { token: '' })).toThrow('the token is empty')
    expect(() => placeFromEnvironment(good, { token: 'a', tokenFile: 'b' })).toThrow(
      'got both --token and --token-file',
    )
  })
})
