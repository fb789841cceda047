/** Python libraries that tests read and make tokens with: exact versions, of what they need as well. */
export const PYTHON_PACKAGES = [
  'PyJWT==2.15.1',
  'joserfc==1.8.0',
  'cryptography==50.0.2',
  'cffi==2.1.1',
  'pycparser==3.12',
];
