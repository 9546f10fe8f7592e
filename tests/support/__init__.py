"""What the tests stand on: throwaway servers, locations for tenants, and the record of which features are proved."""
