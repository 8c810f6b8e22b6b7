"""What happens once, when the module is removed."""


def uninstall_hook(env):
    """The guard of the answers goes, with its trigger."""
    env.cr.execute("DROP FUNCTION IF EXISTS crm_satisfaction_answer_guard CASCADE")
