"""How objects count against resource quotas: pure, shared by the ResourceQuota plugin and the controller."""
